import type { Feature, NavigationLink, PageRoute } from "../app/feature.ts";

type Pages = typeof import("./pages.ts");

const page = (path: string, name: keyof Pages): PageRoute => ({
  path: `billing${path}`,
  lazy: async () => ({ Component: (await import("./pages.ts"))[name] }),
  needsSignIn: true,
});

const link = (path: "" | `/${string}`, text: NavigationLink["text"]): NavigationLink => ({
  category: "billing",
  href: `/app/billing${path}`,
  text,
  needsSignIn: true,
});

export const billing: Feature = {
  pages: [
    page("", "BalancePage"),
    page("/statement", "StatementPage"),
    page("/invoices", "InvoicesPage"),
    page("/deposits", "DepositsPage"),
    page("/withdrawals", "WithdrawalsPage"),
    page("/limits", "LimitsPage"),
    page("/calculator", "CalculatorPage"),
  ],
  links: [
    link("", "nav.balance"),
    link("/statement", "nav.statement"),
    link("/invoices", "nav.invoices"),
    link("/deposits", "nav.deposits"),
    link("/withdrawals", "nav.withdrawals"),
    link("/limits", "nav.limits"),
    link("/calculator", "nav.calculator"),
  ],
};
