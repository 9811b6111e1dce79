// A system on Node with npm's openid-client: it knows the issuer, its own client_id and key. Lines of JSON in, lines of JSON out.
import { createInterface } from 'node:readline'
import { webcrypto } from 'node:crypto'
import * as client from 'openid-client'

const lines = createInterface({ input: process.stdin })
let config, checks, tokens, hint

const acts = {
  async connect({ issuer, id, jwk, kid }) {
    const key = await webcrypto.subtle.importKey('jwk', jwk, { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, false, ['sign'])
    config = await client.discovery(new URL(issuer), id, {}, client.PrivateKeyJwt({ key, kid }), { execute: [client.allowInsecureRequests] })
    return { supports: config.serverMetadata().supportsPKCE() }
  },
  async begin({ redirect_uri, scope, ...more }) {
    const verifier = client.randomPKCECodeVerifier()
    checks = { pkceCodeVerifier: verifier, expectedState: client.randomState(), expectedNonce: client.randomNonce() }
    if (more.max_age) checks.maxAge = Number(more.max_age)
    const said = {
      redirect_uri, scope, code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
      state: checks.expectedState, nonce: checks.expectedNonce, ...more,
    }
    return { url: client.buildAuthorizationUrl(config, said).href }
  },
  async callback({ url }) {
    tokens = await client.authorizationCodeGrant(config, new URL(url), checks)
    hint = tokens.id_token
    return { claims: tokens.claims() }
  },
  async userinfo() {
    return { claims: await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub) }
  },
  async refresh() {
    tokens = await client.refreshTokenGrant(config, tokens.refresh_token)
    return { active: (await client.tokenIntrospection(config, tokens.access_token)).active }
  },
  async leave({ post_logout_redirect_uri }) {
    return { url: client.buildEndSessionUrl(config, { post_logout_redirect_uri, id_token_hint: hint }).href }
  },
  async revoke() {
    await client.tokenRevocation(config, tokens.refresh_token)
    return { active: (await client.tokenIntrospection(config, tokens.access_token)).active }
  },
}

for await (const line of lines) {
  const { act, ...said } = JSON.parse(line)
  try {
    console.log(JSON.stringify(await acts[act](said)))
  } catch (error) {
    console.log(JSON.stringify({ error: error.error ?? error.code ?? String(error), message: String(error.cause ?? error) }))
  }
}
