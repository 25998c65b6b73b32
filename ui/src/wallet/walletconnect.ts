import type { Signer } from "./signers.ts";

const CHAIN = "qubic:mainnet";
const METHODS = ["qubic_requestAccounts", "qubic_sign"];

interface Pairing {
  /** What the wallet's camera is shown. */
  uri: string;
  /** The wallet, once its holder has let this page in. */
  signer: Promise<Signer>;
}

/**
 * Ask the relay for a connection to a wallet on another device.
 *
 * The client is fetched only now: it is large, and most people sign in otherwise.
 */
export async function pair(projectId: string, url: string): Promise<Pairing> {
  const { SignClient } = await import("@walletconnect/sign-client");
  const metadata = { name: "QUBIX", description: "An open GPU marketplace", url, icons: [`${url}/favicon.svg`] };
  const client = await SignClient.init({ projectId, metadata });
  const { uri, approval } = await client.connect({
    requiredNamespaces: { qubic: { chains: [CHAIN], methods: METHODS, events: [] } },
  });
  if (uri === undefined) throw new Error("The relay gave no code to scan. Try again.");
  const ask = (topic: string, method: string, params: Record<string, string>): Promise<unknown> =>
    client.request({ topic, chainId: CHAIN, request: { method, params } });
  return {
    uri,
    signer: approval().then(({ topic }) => {
      let from = "";
      return {
        format: "walletconnect",
        address: async () => (from = firstAddress(await ask(topic, "qubic_requestAccounts", {}))),
        sign: async (message) => signatureOf(await ask(topic, "qubic_sign", { from, message })),
      };
    }),
  };
}

/** The first of the accounts that a wallet shows. */
export function firstAddress(accounts: unknown): string {
  const first: unknown = Array.isArray(accounts) ? accounts[0] : undefined;
  if (typeof first === "object" && first !== null && "address" in first && typeof first.address === "string") {
    return first.address;
  }
  throw new Error("The wallet shows no account. Choose one in it, and try again.");
}

/** The signature in a wallet's answer, as base64. What else it returns is not to be trusted. */
export function signatureOf(answer: unknown): string {
  if (typeof answer === "object" && answer !== null && "signature" in answer && typeof answer.signature === "string") {
    return answer.signature;
  }
  throw new Error("The wallet did not sign the message. Try again, and confirm it in the wallet.");
}
