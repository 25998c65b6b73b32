import type { Translated } from "../i18n/messages.ts";
import type { english } from "./messages.en.ts";

export const portuguese: Translated<typeof english> = {
  title: "Entrar",
  description: "Sua carteira é a sua conta: assine uma mensagem com ela. Isso não move dinheiro e não custa nada.",
  "link.title": "Entrar com um link",
  "link.checking": "O link está sendo verificado.",
  "signed.in": "Você entrou.",
  "extension.title": "Extensão do navegador",
  "extension.hint": "A carteira Qubic deste navegador pede que você assine a mensagem da plataforma.",
  "extension.action": "Entrar com a extensão",
  "extension.missing":
    "Não há extensão de carteira Qubic neste navegador. Instale-a, ou abra o console em um navegador que a tenha.",
  "extension.again": "Procurar de novo",
  "walletconnect.title": "WalletConnect",
  "walletconnect.hint": "Leia o código com a carteira Qubic do celular e confirme lá.",
  "walletconnect.action": "Mostrar o código",
  "walletconnect.code": "Código para ler com a carteira Qubic",
  "walletconnect.copy": "Copiar a conexão",
  "walletconnect.copied": "Copiado",
  "walletconnect.copyFailed": "Não foi possível copiar",
  "walletconnect.confirm": "Confirme a mensagem na sua carteira.",
  "devnet.title": "Carteira de desenvolvimento",
  "devnet.hint":
    "Esta plataforma usa uma devnet: o dinheiro é fictício, e todos conhecem as sementes destas carteiras.",
  "devnet.wallet": "Carteira",
  "devnet.action": "Entrar com a carteira de desenvolvimento",
  "devnet.option": "Carteira {{number}}",
};
