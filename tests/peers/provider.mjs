// An OpenID Connect provider on a free port of this machine. Its sign-in page takes any name.
// Prints one line of JSON with its issuer once it listens, and ends when its standard input is closed.
import { createServer } from "node:http";
import Provider from "oidc-provider";

const { PROVIDER_CLIENT_ID, PROVIDER_CLIENT_SECRET, PROVIDER_REDIRECT_URIS, PROVIDER_PEOPLE } = process.env;
const people = JSON.parse(PROVIDER_PEOPLE ?? "{}");

function claimsOf(login) {
  return {
    sub: login,
    name: login.charAt(0).toUpperCase() + login.slice(1),
    email: `${login}@noorderhout.example`,
    email_verified: true,
    ...people[login],
  };
}

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: PROVIDER_CLIENT_ID,
        client_secret: PROVIDER_CLIENT_SECRET,
        redirect_uris: JSON.parse(PROVIDER_REDIRECT_URIS),
      },
    ],
    claims: { openid: ["sub"], profile: ["name", "locale"], email: ["email", "email_verified"] },
    cookies: { keys: ["only for tests"] },
    findAccount: (_, login) => ({ accountId: login, claims: () => claimsOf(login) }),
    pkce: { required: () => true },
  });
  server.on("request", provider.callback());
  console.log(JSON.stringify({ issuer }));
});

process.stdin.on("end", () => process.exit(0)).resume();
