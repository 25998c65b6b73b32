import type { Translated } from "../i18n/messages.ts";
import type { english } from "./messages.en.ts";

export const portuguese: Translated<typeof english> = {
  "page.title": "Um mercado aberto de GPUs",
  "hero.title": "GPUs por segundo, de quem as tem",
  "hero.text":
    "Entregue um script, um notebook ou uma função. A QUBIX encontra uma GPU por modelo, memória, preço e local, executa seu trabalho em um sandbox, mostra tudo ao vivo e paga o dono da máquina em QU, ao segundo exato.",
  "hero.browse": "Ver o que está para alugar",
  "hero.share": "Compartilhar minha GPU",
  "figures.title": "O mercado agora",
  "figures.machines": "Máquinas online",
  "figures.gpus": "GPUs online",
  "figures.free": "Livres neste momento",
  "figures.from": "Desde, QU por GPU e hora",
  "figures.none": "nenhuma ainda",
  "figures.failed": "Os números do mercado não podem ser lidos agora. Eles aparecem assim que a plataforma responder.",
  "benefits.title": "Para quem tem trabalho a fazer",
  "benefits.second.title": "Cobrado por segundo",
  "benefits.second.text": "Você vê o custo provável e o máximo antes de começar. O que não for usado volta sozinho.",
  "benefits.escrow.title": "Dinheiro retido, depois liquidado",
  "benefits.escrow.text":
    "O valor fica em garantia na rede Qubic. A máquina recebe pelo que executou; o tempo perdido por ela não é cobrado.",
  "benefits.sandbox.title": "Seu código em um sandbox",
  "benefits.sandbox.text":
    "Cada trabalho roda isolado, com seus limites e sem rede, a menos que você a permita. Cada oferta diz o quanto isola.",
  "benefits.failover.title": "Continua quando uma máquina falha",
  "benefits.failover.text":
    "Os checkpoints são guardados, uma reserva pode esperar em outra máquina, e o trabalho continua de onde estava.",
  "benefits.live.title": "Tudo ao vivo",
  "benefits.live.text":
    "Progresso, logs, temperatura e custo na hora, e o motivo com números sempre que um trabalho precisa esperar.",
  "benefits.open.title": "Sem amarras",
  "benefits.open.text":
    "Console, linha de comando, biblioteca Python e uma API aberta: o mesmo mercado, o mesmo preço.",
  "share.title": "Compartilhar minha GPU",
  "share.text": "Uma máquina parada pode render. Você define o preço e pode pausar a qualquer momento.",
  "share.one.title": "Entre",
  "share.one.text": "Com a sua carteira. É para lá que vão os seus ganhos.",
  "share.two.title": "Execute um comando",
  "share.two.text": "Ele encontra seu hardware, mede e o anuncia no mercado.",
  "share.three.title": "Ganhe por segundo",
  "share.three.text": "Veja ao vivo quanto sua máquina ganha hoje e saque quando quiser.",
  "share.fee": "A plataforma fica com {{share}} do que a máquina ganha.",
  "share.action": "Compartilhar minha GPU",
  "footer.api": "Referência da API",
  "footer.devnet": "Esta plataforma usa uma devnet: o dinheiro é fictício.",
};
