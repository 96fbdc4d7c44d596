"""Hosts and the services that cephadm runs on them; options; a new release."""

import json
import tempfile

from running import Refused, ceph, ceph_json, say, wait_for

HOST_SECONDS = 900
DISK_SECONDS = 1800
QUIET_ROUNDS = 60


def documents(text):
    return [json.loads(part) for part in text.split("---\n") if part.strip()]


def apply(document):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        json.dump(document, file)
        file.flush()
        ceph("orch", "apply", "-i", file.name)


def hosts(plan):
    """Adds hosts that are new. Waits for those that are still starting."""
    for document in documents(plan["hostSpec"]):
        known = {host["hostname"]: host for host in ceph_json("orch", "host", "ls")}
        standing = known.get(document["hostname"])
        if standing is None:
            wait_for("The host %s" % document["hostname"], HOST_SECONDS, lambda: apply(document) or True)
            say("added %s" % document["hostname"])
        elif standing["addr"] != document["addr"]:
            raise Refused(
                "%s is known at %s and is now at %s: it was replaced. Its disks are empty; take the old host out "
                "first (docs/runbooks/ceph-replace-node.md): ceph orch host rm %s --offline --force"
                % (document["hostname"], standing["addr"], document["addr"], document["hostname"])
            )
        else:
            # Labels that an operator gave (_no_schedule while a host is drained) stay.
            for label in document["labels"]:
                if label not in standing["labels"]:
                    ceph("orch", "host", "label", "add", document["hostname"], label)
                    say("%s has the label %s" % (document["hostname"], label))


def services(plan):
    options(plan)
    for document in documents(plan["serviceSpec"]):
        apply(document)
    upgrade(plan["images"]["ceph"])
    await_disks(plan)


def options(plan):
    release = major_release()
    standing = {(one["section"], one["mask"], one["name"]): one["value"] for one in ceph_json("config", "dump")}
    for option in plan["options"]:
        section, _, mask = option["who"].partition("/")
        known = standing.get((section, mask, option["name"]))
        if option.get("since", 0) <= release and known != option["value"]:
            ceph("config", "set", option["who"], option["name"], option["value"])
            say("%s %s = %s" % (option["who"], option["name"], option["value"]))


def major_release():
    """The oldest release that runs: "ceph version 20.2.5 (…) tentacle (stable)"."""
    return min(int(name.split()[2].split(".")[0]) for name in ceph_json("versions")["overall"])


def upgrade(image):
    """Starts going over to another image, daemon by daemon, and does not wait for it."""
    standing = ceph("config", "get", "mgr", "container_image").strip()
    if standing == image:
        return
    under_way = ceph_json("orch", "upgrade", "status")
    if under_way.get("in_progress"):
        say("already going over to %s: %s" % (under_way.get("target_image"), under_way.get("progress")))
        return
    health = ceph_json("health")["status"]
    if health == "HEALTH_ERR":
        raise Refused("The cluster is in HEALTH_ERR (ceph health detail); it goes over to no other release like that")
    ceph("orch", "upgrade", "start", "--image", image)
    say("going over from %s to %s; follow it with: ceph orch upgrade status" % (standing, image))


def await_disks(plan):
    """Waits for the OSDs. One that fails must not stop the update of a running cluster."""
    wanted, seen, quiet = plan["osds"], -1, 0
    needed = {rule_class(rule) for rule in plan["rules"]}

    def look():
        nonlocal seen, quiet
        up = ceph_json("osd", "stat")["num_up_osds"]
        classes = set(ceph_json("osd", "crush", "class", "ls"))
        quiet = quiet + 1 if up == seen else 0
        if up != seen:
            say("%d of %d OSDs are up" % (up, wanted))
        seen = up
        return up >= wanted or (needed <= classes and quiet >= QUIET_ROUNDS)

    wait_for("The OSDs", DISK_SECONDS, look)
    if seen < wanted:
        say("going on with %d of %d OSDs: see ceph orch device ls" % (seen, wanted))


def rule_class(rule):
    return next(step.split()[-1] for step in rule["steps"] if step.startswith("take "))
