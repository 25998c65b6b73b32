import type { Wire } from "../../api/client.ts";

/** A graphics adapter as the browser names it. */
export interface Adapter {
  api: "webgpu" | "webgl";
  vendor: string;
  /** What the browser calls it; empty where it hides that. */
  name: string;
  architecture: string;
  /** Drawn by the CPU, or by a virtual machine: no GPU, whatever it is called. */
  isSoftware: boolean;
}

/** What the browser found out about its machine. An adapter is null where that interface is not there, or gives none. */
export interface Findings {
  webgpu: Adapter | null;
  webgl: Adapter | null;
  /** Logical cores; null where the browser does not say. */
  cores: number | null;
  userAgent: string;
}

const SOFTWARE = /swiftshader|llvmpipe|softpipe|lavapipe|basic render|software|swrast|virtualbox|vmware|virgl/i;

/** Whether an adapter is none to rent: it says so itself, or is known to draw on the CPU. */
export function isSoftware(texts: readonly string[], isFallback: boolean): boolean {
  return isFallback || texts.some((text) => SOFTWARE.test(text));
}

/** The findings as the platform wants them, to say what they amount to. Adapters are told as what they are. */
export function reportOf({ webgpu, webgl, cores, userAgent }: Findings): Wire["HardwareReport"] {
  const adapters = [webgpu, webgl].filter((adapter) => adapter !== null);
  return {
    gpus: adapters.map((adapter) => ({
      type: adapter.api,
      index: 0,
      vendor: cut(adapter.vendor),
      renderer: cut(adapter.name),
      architecture: cut(adapter.architecture),
      isSoftware: adapter.isSoftware,
      simulated: false,
    })),
    cpu: cores === null ? null : { model: "unknown", cores },
    userAgent: userAgent.slice(0, 1000),
  };
}

/** As long as the platform takes it; null for nothing. */
function cut(text: string): string | null {
  return text === "" ? null : text.slice(0, 200);
}
