import "@cloudscape-design/global-styles/index.css";
import "virtual:theme.css";
import "./base.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { live } from "../api/live.ts";
import { keepFresh, queryClient } from "../api/queries.ts";
import { keepAppearance } from "./appearance.ts";
import { tellOfMistakes } from "./mistakes.ts";
import { Router } from "./router.tsx";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");

tellOfMistakes();
keepAppearance();
keepFresh(queryClient, live);
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <Router />
    </QueryClientProvider>
  </StrictMode>,
);
