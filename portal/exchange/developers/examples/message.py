# pip install joserfc requests
import base64, hashlib, json, os, time, uuid
import requests
from joserfc import jwe, jws
from joserfc.jwk import RSAKey, import_key

portal, code = os.environ["PORTAL"], os.environ["CODE"]
key = RSAKey.import_key(open("sign.pem").read())


def sign(claims, kind):
    now = int(time.time())
    said = {"iss": code, "jti": str(uuid.uuid4()), "iat": now, "exp": now + 300, **claims}
    return jws.serialize_compact({"alg": "RS256", "typ": kind}, json.dumps(said), key, algorithms=["RS256"])


# A token of a quarter of an hour.
address = f"{portal}/api/v1/oauth/token"
token = requests.post(
    address,
    timeout=10,
    data={
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": sign({"sub": code, "aud": address}, "JWT"),
    },
).json()["access_token"]
headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/jose"}

# A statement about the body, signed; both sealed to the portal.
published = requests.get(f"{portal}/api/v1/messages/keys", timeout=10).json()["keys"]
number, body = str(uuid.uuid4()), json.dumps({"hello": "Xin chào"}, ensure_ascii=False)
digest = base64.urlsafe_b64encode(hashlib.sha256(body.encode()).digest()).decode().rstrip("=")
statement = sign(
    {"aud": portal, "id": number, "kind": "sandbox.echo", "version": 1, "about": "T99.01-261201-0001", "digest": digest},
    "portal-message+jwt",
)
seal = next(one for one in published if one["use"] == "enc")
envelope = jwe.encrypt_compact(
    {"alg": seal["alg"], "enc": "A256GCM", "kid": seal["kid"]},
    json.dumps({"statement": statement, "body": body}),
    import_key(seal),
    algorithms=[seal["alg"], "A256GCM"],
)
answer = requests.post(f"{portal}/api/v1/messages", data=envelope, headers=headers, timeout=10)
answer.raise_for_status()

# The receipt, signed by the portal: keep it, it is your proof.
kid = json.loads(base64.urlsafe_b64decode(answer.text.split(".")[0] + "=="))["kid"]
check = next(one for one in published if one["kid"] == kid)
receipt = json.loads(jws.deserialize_compact(answer.text, import_key(check), algorithms=[check["alg"]]).payload)
assert receipt["id"] == number and receipt["digest"] == digest
print(receipt["outcome"])

# What came of it.
for _ in range(20):
    standing = requests.get(f"{portal}/api/v1/messages/{number}", headers=headers, timeout=10).json()
    if standing["state"] != "waiting":
        break
    time.sleep(1)
print(standing["state"], standing["outcome"])
