"""CRUSH rules and pools."""

import os
import re
import subprocess
import tempfile

from running import CEPH, Refused, ceph, ceph_json, run, say

ATTEMPTS = 5
# What the manager keeps for itself; with the default rule it would lie on any disk.
MANAGER_POOLS = (".mgr", "device_health_metrics")


def pools(plan):
    rules(plan["rules"])
    if "profile" in plan:
        profile(plan["profile"])
    ids = {rule["rule_name"]: rule["rule_id"] for rule in ceph_json("osd", "crush", "rule", "dump")}
    standing = standing_pools()
    for wanted in plan["pools"]:
        pool(wanted, standing.get(wanted["name"]), ids, plan.get("profile"))
    index = next(one for one in plan["pools"] if one["name"].endswith(".buckets.index"))
    for name in MANAGER_POOLS:
        if name in standing:
            settings(dict(index, name=name), standing[name], ids, groups=False)


def standing_pools():
    return {pool["pool_name"]: pool for pool in ceph_json("osd", "pool", "ls", "detail")}


def rules(wanted):
    """Puts missing rules into the CRUSH map, unless somebody changed the map meanwhile: then once more."""
    for _ in range(ATTEMPTS):
        text, version = crush_map()
        missing = [rule for rule in wanted if not stands(rule, text)]
        if not missing:
            return
        ids = [int(number) for number in re.findall(r"^rule [^{]*\{\s*id (\d+)", text, re.M)]
        for number, rule in enumerate(missing, max(ids, default=-1) + 1):
            text += rule_text(rule, number)
        if set_crush_map(text, version):
            say("CRUSH rules: %s" % ", ".join(rule["name"] for rule in missing))
            return
    raise Refused("The CRUSH map was changed by somebody else %d times in a row" % ATTEMPTS)


def crush_map():
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "map")
        done = subprocess.run([*CEPH, "osd", "getcrushmap", "-o", file], capture_output=True, text=True)
        if done.returncode != 0:
            raise Refused("ceph osd getcrushmap: %s" % done.stderr.strip())
        version = re.findall(r"^\d+$", done.stderr + done.stdout, re.M)
        return run(["crushtool", "-d", file]), version[-1]


def set_crush_map(text, version):
    with tempfile.TemporaryDirectory() as folder:
        source, file = os.path.join(folder, "text"), os.path.join(folder, "map")
        with open(source, "w", encoding="utf-8") as out:
            out.write(text)
        run(["crushtool", "-c", source, "-o", file])
        done = subprocess.run([*CEPH, "osd", "setcrushmap", "-i", file, version], capture_output=True, text=True)
        if done.returncode != 0 and "prior_version" not in done.stderr:
            raise Refused("ceph osd setcrushmap: %s" % done.stderr.strip())
        return done.returncode == 0


def stands(rule, text):
    found = re.search(r"^rule %s \{(.*?)^\}" % re.escape(rule["name"]), text, re.M | re.S)
    if found is None:
        return False
    steps = re.findall(r"^\s*step (.+?)\s*$", found.group(1), re.M)
    if steps != rule["steps"]:
        raise Refused(
            "The CRUSH rule %s says %s and should say %s. Changing it moves the data of its pools, so it is not done here"
            % (rule["name"], "; ".join(steps), "; ".join(rule["steps"]))
        )
    return True


def rule_text(rule, number):
    steps = "".join("\tstep %s\n" % step for step in rule["steps"])
    # Releases up to 16 want the two sizes, later ones pass them over.
    return "rule %s {\n\tid %d\n\ttype %s\n\tmin_size 1\n\tmax_size 20\n%s}\n" % (
        rule["name"],
        number,
        rule["type"],
        steps,
    )


def profile(wanted):
    words = {"k": str(wanted["dataChunks"]), "m": str(wanted["codingChunks"])}
    if wanted["name"] in ceph_json("osd", "erasure-code-profile", "ls"):
        standing = ceph_json("osd", "erasure-code-profile", "get", wanted["name"])
        if any(standing[key] != value for key, value in words.items()):
            raise Refused(
                "The erasure code of the cold pool is %s+%s and cannot be changed to %s+%s: a new pool would be needed"
                % (standing["k"], standing["m"], words["k"], words["m"])
            )
        return
    # The rule is the pool's own (infra/storage/ceph/plan/crush.ts); what the profile says of it is for nobody.
    pairs = ["%s=%s" % pair for pair in words.items()] + ["plugin=isa", "crush-failure-domain=host"]
    ceph("osd", "erasure-code-profile", "set", wanted["name"], *pairs)
    say("erasure code %s+%s" % (words["k"], words["m"]))


def pool(wanted, standing, ids, code):
    name, groups = wanted["name"], str(wanted["placementGroups"])
    if standing is None:
        kind = ["erasure", code["name"]] if wanted["kind"] == "erasure" else ["replicated"]
        ceph("osd", "pool", "create", name, groups, groups, *kind, wanted["rule"])
        ceph("osd", "pool", "set", name, "pg_autoscale_mode", "off")
        say("pool %s, %s placement groups" % (name, groups))
        standing = standing_pools()[name]
    if "rgw" not in standing["application_metadata"]:
        ceph("osd", "pool", "application", "enable", name, "rgw")
    settings(wanted, standing, ids, groups=True)


def settings(wanted, standing, ids, groups):
    name, least = wanted["name"], standing["min_size"]
    if standing["crush_rule"] != ids[wanted["rule"]]:
        if wanted["kind"] == "erasure":
            raise Refused("The pool %s has another rule than %s" % (name, wanted["rule"]))
        change(name, "crush_rule", wanted["rule"])
    if wanted["kind"] == "replicated" and standing["size"] != wanted["size"]:
        sure = ["--yes-i-really-mean-it"] if wanted["size"] == 1 else []
        change(name, "size", str(wanted["size"]), *sure)
        # Ceph sets the other along with it.
        least = None
    if least != wanted["minSize"]:
        change(name, "min_size", str(wanted["minSize"]))
    # A larger cluster splits groups; they are never merged again.
    if groups and standing.get("pg_num_target", standing["pg_num"]) < wanted["placementGroups"]:
        change(name, "pg_num", str(wanted["placementGroups"]))


def change(name, key, value, *sure):
    ceph("osd", "pool", "set", name, key, value, *sure)
    say("pool %s: %s = %s" % (name, key, value))
