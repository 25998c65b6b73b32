import { isSoftware, type Adapter, type Findings } from "./adapters.ts";

/** What of WebGPU is used here; TypeScript's own library does not know it yet. */
interface WebGpu {
  requestAdapter: () => Promise<WebGpuAdapter | null>;
}

interface WebGpuAdapter {
  isFallbackAdapter?: boolean;
  /** Not there in every browser, nor every word of it. */
  info?: {
    vendor?: string;
    architecture?: string;
    device?: string;
    description?: string;
    isFallbackAdapter?: boolean;
  };
}

/** Ask the browser what its machine has. What it does not tell is left out; nothing is guessed. */
export async function probe(): Promise<Findings> {
  return {
    webgpu: await probeWebGpu(),
    webgl: probeWebGl(),
    // Zero, or nothing at all, in browsers that hide it.
    cores: navigator.hardwareConcurrency || null,
    userAgent: navigator.userAgent,
  };
}

async function probeWebGpu(): Promise<Adapter | null> {
  const { gpu } = navigator as Navigator & { gpu?: WebGpu };
  const adapter = (await gpu?.requestAdapter().catch(() => null)) ?? null;
  if (adapter === null) return null;
  const { vendor = "", architecture = "", device = "", description = "", isFallbackAdapter } = adapter.info ?? {};
  const isFallback = (isFallbackAdapter ?? adapter.isFallbackAdapter) === true;
  return {
    api: "webgpu",
    vendor,
    name: description === "" ? device : description,
    architecture,
    isSoftware: isSoftware([vendor, architecture, device, description], isFallback),
  };
}

function probeWebGl(): Adapter | null {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("webgl2") ?? canvas.getContext("webgl");
  if (context === null) return null;
  const unmasked = context.getExtension("WEBGL_debug_renderer_info");
  const read = (name: number): string => String(context.getParameter(name) ?? "");
  const vendor = read(unmasked?.UNMASKED_VENDOR_WEBGL ?? context.VENDOR);
  const name = read(unmasked?.UNMASKED_RENDERER_WEBGL ?? context.RENDERER);
  // A browser keeps few of these at a time.
  context.getExtension("WEBGL_lose_context")?.loseContext();
  return { api: "webgl", vendor, name, architecture: "", isSoftware: isSoftware([vendor, name], false) };
}
