import type { Translated } from "../i18n/messages.ts";
import type { english } from "./messages.en.ts";

export const portuguese: Translated<typeof english> = {
  title: "Mercado",
  description: "Máquinas que você aluga por segundo, à medida que chegam e saem.",
  offers: "Ofertas",
  "column.model": "GPU",
  "column.gpus": "GPUs livres",
  "column.vram": "VRAM de uma GPU",
  "column.price": "Preço por hora e GPU",
  "column.location": "Local",
  "column.reliability": "Confiabilidade",
  free: "{{free}} de {{all}}",
  "location.unknown": "não informado",
  empty: "Nenhuma máquina é oferecida",
  "empty.hint": "Assim que alguém compartilhar uma GPU, ela aparece aqui sozinha.",
};
