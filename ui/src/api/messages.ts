import { catalogue } from "../i18n/messages.ts";

/** What is said where the API says nothing, or nothing that fits a page. */
export const apiMessages = catalogue(
  {
    unreachable: "The platform does not answer. Try again as soon as the connection is back.",
    unexplained: "The platform answered with status {{status}} and no reason. Try again in a moment.",
    signedOut: "You were not signed in, or no more. Sign in, then try again: what you typed is still here.",
  },
  {
    unreachable: "A plataforma não responde. Tente de novo assim que a conexão voltar.",
    unexplained: "A plataforma respondeu com o status {{status}} e sem motivo. Tente de novo em instantes.",
    signedOut: "Você não estava conectado, ou não está mais. Entre e tente de novo: o que você digitou continua aqui.",
  },
);
