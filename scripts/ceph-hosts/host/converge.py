"""Makes a Ceph cluster what plan.json says: converge.py hosts | services | pools | gateway | users.

Runs where Ceph's commands and the keyring of client.admin are. Every part looks at what is there and changes
only what differs, so it may be killed anywhere and run again.
"""

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from running import Refused, fail  # noqa: E402


def main():
    folder = os.environ.get("STORAGE_CEPH_HOME", "/mnt/storage-ceph")
    with open(os.path.join(folder, "plan.json"), encoding="utf-8") as file:
        plan = json.load(file)
    part = sys.argv[1] if len(sys.argv) == 2 else ""
    if part in ("hosts", "services"):
        import nodes

        getattr(nodes, part)(plan)
    elif part == "pools":
        import pools

        pools.pools(plan)
    elif part == "gateway":
        import gateway

        gateway.gateway(plan)
    elif part == "users":
        import tenants

        tenants.users(plan, os.environ.get("STORAGE_CEPH_KEYS", "/mnt/storage-ceph-keys"))
    else:
        raise Refused('There is no part "%s": hosts, services, pools, gateway, users' % part)


try:
    main()
except Refused as refusal:
    fail(refusal)
