/** What a drop or a paste carries, as browsers say it. */

export const file = (name: string, type: string, content = "x") => new File([content], name, { type });

export function transfer(files: File[], texts: Record<string, string> = {}): DataTransfer {
  const items = files.map(({ type }) => ({ kind: "file", type }));
  const types = [...Object.keys(texts), ...(files.length > 0 ? ["Files"] : [])];
  const getData = (type: string) => texts[type] ?? "";
  return { files, items, types, getData, dropEffect: "none" } as unknown as DataTransfer;
}
