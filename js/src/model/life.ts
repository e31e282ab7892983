/** The life of one view: everything that it starts ends by this signal. */
export interface Life {
  signal: AbortSignal;
  end: () => void;
}

/** A life that ends with the host's signal, or by `end()` where the host has no signal to give. */
export function beginLife(host: AbortSignal | undefined): Life {
  const controller = new AbortController();
  const end = () => controller.abort();
  if (host?.aborted) end();
  host?.addEventListener("abort", end, { once: true, signal: controller.signal });
  return { signal: controller.signal, end };
}

/** Run `clean` at the end of a life, at once where it is already over. */
export function atEnd(life: AbortSignal, clean: () => void): void {
  if (life.aborted) clean();
  else life.addEventListener("abort", clean, { once: true });
}
