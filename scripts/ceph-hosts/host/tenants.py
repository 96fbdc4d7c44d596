"""RGW's users, the buckets, their policies and lifecycle; the dashboard's administrator."""

import hashlib
import json
import os
import xml.etree.ElementTree as xml

from running import Refused, admin, admin_json, ceph, ceph_json, say
from s3 import Store

# radosgw-admin ends with EINVAL where a user is not there.
NO_USER = (2, 22)
TO_COLD = "storage-to-cold"
NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


def users(plan, folder):
    keys = {user["name"]: read(folder, user["name"]) for user in plan["users"]}
    for wanted in plan["users"]:
        user(wanted, keys[wanted["name"]])
    for wanted in plan["buckets"]:
        key = keys[wanted["owner"]]
        store = Store(plan["endpoint"], plan["region"], key["accessKeyId"], key["secretAccessKey"])
        bucket(wanted, store, plan["realm"]["indexShards"])
        cold = plan.get("coldClass")
        if cold is not None and wanted["name"] in cold["buckets"]:
            lifecycle(wanted["name"], cold, store)
    dashboard(read(folder, "dashboard"), os.path.join(folder, "dashboard.password"))


def read(folder, name):
    with open(os.path.join(folder, name + ".json"), encoding="utf-8") as file:
        return json.load(file)


def user(wanted, key):
    """A user that a hold has suspended stays suspended; keys that others gave it stay valid."""
    name = wanted["name"]
    words = ["--access-key", key["accessKeyId"], "--secret-key", key["secretAccessKey"]]
    caps = ["--caps", wanted["caps"]] if "caps" in wanted else []
    standing = admin_json("user", "info", "--uid", name, allowed=NO_USER)
    if standing is None:
        admin("user", "create", "--uid", name, "--display-name", name, *words, *caps)
        say("user %s" % name)
        return
    known = {one["access_key"]: one["secret_key"] for one in standing["keys"]}
    if known.get(key["accessKeyId"]) != key["secretAccessKey"]:
        admin("key", "create", "--uid", name, "--key-type", "s3", *words)
        say("user %s: the key that Secrets Manager holds" % name)
    if caps and not standing["caps"]:
        admin("caps", "add", "--uid", name, *caps)


def bucket(wanted, store, shards):
    name = wanted["name"]
    if store.request("HEAD", name, missing=(404,)) is None:
        store.request("PUT", name)
        say("bucket %s" % name)
        got = admin_json("bucket", "stats", "--bucket", name)["num_shards"]
        if got != shards:
            raise Refused("The index of %s has %d shards and not %d; remove the empty bucket and run again" % (name, got, shards))
    once("bucket/%s/policy" % name, wanted["statements"], lambda: policy(wanted, store))


def policy(wanted, store):
    text = store.request("GET", wanted["name"], "policy", missing=(404,))
    document = json.loads(text) if text else {"Version": "2012-10-17", "Statement": []}
    ours = {statement["Sid"] for statement in wanted["statements"]}
    kept = [statement for statement in document["Statement"] if statement.get("Sid") not in ours]
    document["Statement"] = kept + wanted["statements"]
    if document["Statement"]:
        store.request("PUT", wanted["name"], "policy", json.dumps(document).encode())
        say("policy of %s" % wanted["name"])


def lifecycle(name, cold, store):
    once("bucket/%s/lifecycle" % name, [cold["storageClass"], cold["afterDays"]], lambda: to_cold(name, cold, store))


def to_cold(name, cold, store):
    text = store.request("GET", name, "lifecycle", missing=(404,))
    root = xml.fromstring(text) if text else xml.Element("{%s}LifecycleConfiguration" % NAMESPACE)
    space = root.tag[: root.tag.index("}") + 1] if root.tag.startswith("{") else ""
    for rule in root.findall(space + "Rule"):
        if rule.findtext(space + "ID") == TO_COLD:
            root.remove(rule)
    rule = xml.SubElement(root, space + "Rule")
    xml.SubElement(rule, space + "ID").text = TO_COLD
    xml.SubElement(xml.SubElement(rule, space + "Filter"), space + "Prefix").text = ""
    xml.SubElement(rule, space + "Status").text = "Enabled"
    move = xml.SubElement(rule, space + "Transition")
    xml.SubElement(move, space + "Days").text = str(cold["afterDays"])
    xml.SubElement(move, space + "StorageClass").text = cold["storageClass"]
    xml.register_namespace("", NAMESPACE)
    store.request("PUT", name, "lifecycle", xml.tostring(root))
    say("%s: to %s after %d days" % (name, cold["storageClass"], cold["afterDays"]))


def once(key, wanted, work):
    """Does it where it is new or wanted otherwise than the last time; what a later step changed stays."""
    key = "storage/" + key
    digest = hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()
    if ceph("config-key", "get", key, allowed=(2,)) == digest:
        return
    work()
    ceph("config-key", "set", key, digest)


def dashboard(account, file):
    """Figures and dashboard listen on the managers; nothing but the nodes themselves reaches their ports."""
    enabled = ceph_json("mgr", "module", "ls")["enabled_modules"]
    for module in ("prometheus", "dashboard"):
        if module not in enabled:
            ceph("mgr", "module", "enable", module)
            say("module %s" % module)
    if "dashboard" not in enabled:
        ceph("dashboard", "create-self-signed-cert")
    known = ceph("dashboard", "ac-user-show", "--format", "json") or "[]"
    if account["username"] in json.loads(known):
        return
    with open(file, "w", encoding="utf-8", opener=private) as out:
        out.write(account["password"])
    ceph("dashboard", "ac-user-create", account["username"], "-i", file, "administrator")
    say("dashboard: %s" % account["username"])


def private(path, flags):
    return os.open(path, flags, 0o600)
