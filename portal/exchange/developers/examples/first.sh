b64() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
NOW=$(date +%s)
HEADER=$(printf '{"alg":"RS256","typ":"JWT"}' | b64)
CLAIMS=$(printf '{"iss":"%s","sub":"%s","aud":"%s","jti":"%s","iat":%d,"exp":%d}' "$CODE" "$CODE" \
  "$PORTAL/api/v1/oauth/token" "$(openssl rand -hex 16)" "$NOW" "$((NOW + 300))" | b64)
SIGNATURE=$(printf '%s.%s' "$HEADER" "$CLAIMS" | openssl dgst -sha256 -sign sign.pem -binary | b64)
TOKEN=$(curl -sS "$PORTAL/api/v1/oauth/token" -d grant_type=client_credentials \
  -d client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer \
  -d client_assertion="$HEADER.$CLAIMS.$SIGNATURE" | sed -n 's/.*"access_token": *"\([^"]*\)".*/\1/p')
curl -sS "$PORTAL/api/v1/messages/subscriptions" -H "Authorization: Bearer $TOKEN"
