"""Commands of Ceph, and how a step speaks."""

import json
import subprocess
import sys
import time

CEPH = ["ceph"]
ADMIN = ["radosgw-admin"]


class Refused(Exception):
    """Something that a person must decide or mend. Printed without a trace."""


def say(text):
    print(text, flush=True)


def run(words, given=None, allowed=()):
    """What a command prints; `allowed` are exit codes that count as "there is none" and answer nothing."""
    done = subprocess.run(words, input=given, capture_output=True, text=True)
    if done.returncode in allowed:
        return None
    if done.returncode != 0:
        # The keys of users are among the words of some commands.
        raise Refused("%s: %s" % (" ".join(words[:4]), (done.stderr or done.stdout).strip()))
    return done.stdout


def ceph(*words, **options):
    return run([*CEPH, *words], **options)


def ceph_json(*words, **options):
    text = ceph(*words, "--format", "json", **options)
    return None if text is None else json.loads(text)


def admin(*words, **options):
    return run([*ADMIN, *words], **options)


def admin_json(*words, **options):
    text = admin(*words, **options)
    return None if text is None else json.loads(text)


def wait_for(what, seconds, look):
    """Asks `look` until it answers something true; it may say what is missing by raising Refused."""
    end = time.monotonic() + seconds
    while True:
        try:
            found = look()
            if found:
                return found
            missing = ""
        except Refused as refusal:
            missing = ": %s" % refusal
        if time.monotonic() >= end:
            raise Refused("%s: not after %d s%s" % (what, seconds, missing))
        time.sleep(min(5, max(0.2, seconds / 20)))


def fail(error):
    print(str(error), file=sys.stderr, flush=True)
    sys.exit(1)
