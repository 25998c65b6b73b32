/** Have the browser save content as a file. */
export function saveBlob(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name.replace(/[\\/:*?"<>|]/g, "_");
  link.click();
  // The download has begun with the click; the address is not needed any more.
  setTimeout(() => URL.revokeObjectURL(address), 0);
}

/** Have the browser save text as a file. */
export function saveText(name: string, text: string): void {
  saveBlob(name, new Blob([text], { type: "text/plain;charset=utf-8" }));
}
