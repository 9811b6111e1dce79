curl -sS "$PORTAL/api/v1/support/kinds" -H "Authorization: Bearer $TOKEN"
curl -sS "$PORTAL/api/v1/support/tickets" -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
  -H "Idempotency-Key: $(openssl rand -hex 16)" -d '{
  "kind": "other", "words": "Em không thấy nút gửi hồ sơ.", "phone": "0900000019", "channels": ["app"]}'
curl -sS "$PORTAL/api/v1/opinions/surveys" -H "Authorization: Bearer $TOKEN"
