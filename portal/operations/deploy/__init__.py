"""How the portal is run for real, used by `Dockerfile` and `docker-compose.yml`; `docs/operations.md` tells the way."""
