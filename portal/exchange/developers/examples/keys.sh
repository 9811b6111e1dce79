openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out sign.pem
openssl pkey -in sign.pem -pubout -out sign.pub.pem
cat sign.pub.pem
