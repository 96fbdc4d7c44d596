"""Reads a specification with cephadm's own parser, and says which disks it would take.

Standard input: {"documents": […], "newer": {"SERVICE": ["FIELD", …]}, "disks": {"HOST": [{…}, …]}}; answers, by
service name, the disks' paths. Fields that are younger than this parser are taken out first.
"""

import json
import sys

from ceph.deployment.drive_group import DriveGroupSpec
from ceph.deployment.drive_selection.selector import DriveSelection
from ceph.deployment.hostspec import HostSpec
from ceph.deployment.inventory import Device
from ceph.deployment.service_spec import ServiceSpec

given = json.load(sys.stdin)
hosts, services = [], []
for document in given["documents"]:
    if document["service_type"] == "host":
        host = HostSpec.from_json({key: value for key, value in document.items() if key != "service_type"})
        host.validate()
        hosts.append(host)
        continue
    for field in given["newer"].get(document["service_type"], []):
        document["spec"].pop(field, None)
    service = ServiceSpec.from_json(document)
    service.validate()
    services.append(service)

answer = {"hosts": [host.hostname for host in hosts], "services": {}, "disks": {}}
for service in services:
    placed = service.placement.filter_matching_hostspecs(hosts)
    answer["services"][service.service_name()] = placed
    if isinstance(service, DriveGroupSpec):
        for name in placed:
            devices = [
                Device(disk["path"], available=disk["available"], sys_api=disk["sys_api"])
                for disk in given["disks"].get(name, [])
            ]
            chosen = DriveSelection(service, devices).data_devices()
            answer["disks"].setdefault(name, []).extend(device.path for device in chosen)
json.dump(answer, sys.stdout)
