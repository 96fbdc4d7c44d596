"""As much of S3 as making buckets takes: Signature Version 4 with nothing but Python's own library."""

import datetime
import hashlib
import hmac
import urllib.error
import urllib.parse
import urllib.request

from running import Refused

TIMEOUT_SECONDS = 60


class Store:
    def __init__(self, endpoint, region, access_key, secret_key):
        self.endpoint, self.region = endpoint, region
        self.access_key, self.secret_key = access_key, secret_key

    def request(self, method, bucket, query="", body=b"", missing=()):
        """The answer's body; None where the store answers one of the statuses `missing`."""
        path = "/" + urllib.parse.quote(bucket, safe="")
        headers = self.signed(method, path, query, body)
        url = self.endpoint + path + ("?" + query if query else "")
        asked = urllib.request.Request(url, data=body or None, method=method, headers=headers)
        try:
            with urllib.request.urlopen(asked, timeout=TIMEOUT_SECONDS) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            text = error.read().decode("utf-8", "replace")
            if error.code in missing:
                return None
            raise Refused("%s %s?%s: %d %s" % (method, bucket, query, error.code, text)) from error
        except OSError as error:
            raise Refused("%s %s: %s" % (method, bucket, error)) from error

    def signed(self, method, path, query, body):
        """https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html"""
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        digest = hashlib.sha256(body).hexdigest()
        headers = {
            "host": urllib.parse.urlsplit(self.endpoint).netloc,
            "x-amz-content-sha256": digest,
            "x-amz-date": now,
        }
        names = ";".join(sorted(headers))
        lines = "".join("%s:%s\n" % (name, headers[name]) for name in sorted(headers))
        # A parameter without a value is signed with an empty one.
        canonical_query = query if "=" in query or not query else query + "="
        canonical = "\n".join([method, path, canonical_query, lines, names, digest])
        scope = "/".join([now[:8], self.region, "s3", "aws4_request"])
        text = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key = ("AWS4" + self.secret_key).encode()
        for part in scope.split("/"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        headers["authorization"] = "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s" % (
            self.access_key,
            scope,
            names,
            signature,
        )
        return headers
