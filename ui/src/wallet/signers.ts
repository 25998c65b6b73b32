import { api, call, type Wire } from "../api/client.ts";

/** A wallet that can say who it is and sign a message. Its own refusals are errors with a message. */
export interface Signer {
  format: Wire["WalletFormat"];
  address: () => Promise<string>;
  sign: (message: string) => Promise<string>;
}

/** What the Qubic wallet's browser extension puts into each page. */
interface Extension {
  isQubic?: boolean;
  connect: () => Promise<unknown>;
  getAccount: () => Promise<{ identity: string } | null>;
  signMessage: (message: string) => Promise<{ signatureHex: string }>;
}

declare global {
  var qubic: Extension | undefined;
}

/** The browser's extension, or null where there is none. */
export function extensionSigner(): Signer | null {
  const extension = globalThis.qubic;
  if (extension?.isQubic !== true) return null;
  return {
    format: "extension",
    address: async () => {
      await extension.connect();
      const account = await extension.getAccount();
      if (account === null)
        throw new Error("The extension shows no account to this page. Choose one in it, and try again.");
      return account.identity;
    },
    sign: async (message) => (await extension.signMessage(message)).signatureHex,
  };
}

/** A devnet's wallet whose seed everybody knows; the platform signs in its place. */
export function developmentSigner(wallet: Wire["DevelopmentWallet"]): Signer {
  return {
    format: "devnet",
    address: () => Promise.resolve(wallet.qubicAddress),
    sign: async (message) => {
      const signed = call(
        api.POST("/api/wallet/development/{number}/sign", {
          params: { path: { number: wallet.number } },
          body: { message },
        }),
      );
      return (await signed).signature;
    },
  };
}

/** Sign in: have the platform's challenge signed by the wallet. */
export async function signIn(signer: Signer): Promise<Wire["User"]> {
  const qubicAddress = await signer.address();
  const { message } = await call(api.POST("/api/wallet/challenge", { body: { qubicAddress } }));
  const signature = await signer.sign(message);
  const connected = await call(
    api.POST("/api/wallet/connect", {
      body: { qubicAddress, signature, message, format: signer.format, join: false },
    }),
  );
  return connected.user;
}
