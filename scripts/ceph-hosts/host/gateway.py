"""RGW's realm, zone group, zone and storage classes; then the gateways themselves."""

import json
import urllib.error
import urllib.request

from nodes import apply, documents
from running import Refused, admin, admin_json, say, wait_for

PLACEMENT = "default-placement"
GATEWAY_SECONDS = 900
# radosgw-admin answers ENOENT and its like for what is not there.
NOT_THERE = (2,)


def gateway(plan):
    realm(plan)
    for document in documents(plan["gatewaySpec"]):
        apply(document)
    wait_for("RGW at %s" % plan["endpoint"], GATEWAY_SECONDS, lambda: answers(plan["endpoint"]))


def answers(endpoint):
    try:
        with urllib.request.urlopen(endpoint + "/", timeout=10) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError) as error:
        raise Refused(str(error)) from error


def realm(plan):
    wanted = plan["realm"]
    names = ["--rgw-realm", wanted["realm"]]
    if wanted["realm"] not in listed("realms", "realm", "list"):
        admin("realm", "create", *names, "--default")
        say("realm %s" % wanted["realm"])
    group = [*names, "--rgw-zonegroup", wanted["zonegroup"]]
    if wanted["zonegroup"] not in listed("zonegroups", "zonegroup", "list", *names):
        admin("zonegroup", "create", *group, "--api-name", wanted["apiName"], "--master", "--default")
        say("zone group %s" % wanted["zonegroup"])
    zone = [*group, "--rgw-zone", wanted["zone"]]
    if wanted["zone"] not in listed("zones", "zone", "list", *names):
        admin("zone", "create", *zone, "--master", "--default")
        say("zone %s" % wanted["zone"])
    storage_class(plan.get("coldClass"), group, zone)
    zone_group(wanted, group)
    commit(names, group, zone)


def listed(kind, *words):
    return (admin_json(*words, allowed=NOT_THERE) or {kind: []})[kind]


def storage_class(cold, group, zone):
    if cold is None:
        return
    words = ["--placement-id", PLACEMENT, "--storage-class", cold["storageClass"]]
    targets = {place["name"]: place for place in admin_json("zonegroup", "get", *group)["placement_targets"]}
    if cold["storageClass"] not in targets.get(PLACEMENT, {}).get("storage_classes", []):
        admin("zonegroup", "placement", "add", *group, *words)
    # Before the commit, which is due as long as the period's zone group lacks the class.
    places = {place["key"]: place["val"] for place in admin_json("zone", "get", *zone)["placement_pools"]}
    classes = places.get(PLACEMENT, {}).get("storage_classes", {})
    standing = classes.get(cold["storageClass"], {}).get("data_pool")
    if standing is None:
        admin("zone", "placement", "add", *zone, *words, "--data-pool", cold["pool"])
        say("storage class %s" % cold["storageClass"])
    elif standing != cold["pool"]:
        raise Refused(
            "The storage class %s lies in the pool %s and not in %s" % (cold["storageClass"], standing, cold["pool"])
        )


def zone_group(wanted, group):
    """Names and index shards, which no option of the command line sets."""
    standing = admin_json("zonegroup", "get", *group)
    document = json.loads(json.dumps(standing))
    document["api_name"] = wanted["apiName"]
    document["hostnames"] = list(wanted["hostNames"])
    for zone in document["zones"]:
        zone["bucket_index_max_shards"] = wanted["indexShards"]
    if document != standing:
        admin("zonegroup", "set", *group, given=json.dumps(document))
        say("zone group %s: %s" % (wanted["zonegroup"], ", ".join(wanted["hostNames"])))


def commit(names, group, zone):
    """The gateways read the committed period; each commit makes them reload everything."""
    standing = admin_json("zonegroup", "get", *group)
    period = admin_json("period", "get", *names, allowed=NOT_THERE) or {}
    known = period.get("period_map", {}).get("zonegroups", [])
    if standing not in known:
        admin("period", "update", *zone, "--commit")
        say("period committed")
