"""The metrics of a cluster for CloudWatch, as the list that put-metric-data takes: figures.py CLUSTER TOPIC."""

import json
import sys

from running import Refused, admin_json, ceph_json

HEALTH = {"HEALTH_OK": 0, "HEALTH_WARN": 1, "HEALTH_ERR": 2}


def main(cluster, topic):
    osds = ceph_json("osd", "stat")
    fullest = max((osd["utilization"] for osd in ceph_json("osd", "df")["nodes"]), default=0)
    groups = ceph_json("pg", "stat").get("pg_summary", {}).get("num_pg_by_state", [])
    inactive = sum(group["num"] for group in groups if "active" not in group["name"].split("+"))
    figures = {
        "HealthStatus": (HEALTH.get(ceph_json("health")["status"], 2), "None"),
        "OsdsDown": (osds["num_osds"] - osds["num_up_osds"], "Count"),
        "FullestOsdPercent": (round(fullest, 2), "Percent"),
        "InactiveGroups": (inactive, "Count"),
    }
    queued = queued_notifications(topic)
    if queued is not None:
        figures["QueuedNotifications"] = (queued, "Count")
    dimensions = [{"Name": "Cluster", "Value": cluster}]
    print(
        json.dumps(
            [
                {"MetricName": name, "Value": value, "Unit": unit, "Dimensions": dimensions}
                for name, (value, unit) in figures.items()
            ]
        )
    )


def queued_notifications(topic):
    """None before the topic is made, and with releases before 19, which cannot tell."""
    try:
        return admin_json("topic", "stats", "--topic", topic)["Topic Stats"]["Entries"]
    except (Refused, KeyError, ValueError):
        return None


main(*sys.argv[1:])
