/** What a person offers to an input, and whether it will do. */

/** The MIME type of a drag from our own pictures; its data is a result's reference. */
export const RESULT_TYPE = "application/x-ipyimagegen-result";

/** Bytes, an address, or a picture that the kernel already has. */
export type Source = Blob | { url: string } | { ref: string };

/** A source that will do, or the reason why there is none. */
export type Offer = { source: Source } | { reason: string };

interface Typed {
  name: string;
  type: string;
}

const tokens = (accept: string): string[] =>
  accept
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean);

/** Whether a file is of a type that `accept` (as of `input type=file`; "" is any) lists. */
export function accepts(accept: string, { name, type }: Typed): boolean {
  const wanted = tokens(accept);
  return (
    wanted.length === 0 ||
    wanted.some((one) =>
      one.startsWith(".")
        ? name.toLowerCase().endsWith(one)
        : one.endsWith("/*")
          ? type.startsWith(one.slice(0, -1))
          : type === one,
    )
  );
}

const nameOfType = (token: string): string =>
  token === "image/*"
    ? "pictures"
    : token
        .replace(/^\.|.*\/(x-)?|\+.*/g, "")
        .replace("jpg", "jpeg")
        .toUpperCase()
        .replace("WEBP", "WebP");

/** "PNG, JPEG or WebP", "pictures", "any file". */
export function acceptedTypes(accept: string): string {
  const names = [...new Set(tokens(accept).map(nameOfType))];
  return [names.slice(0, -1).join(", "), names.at(-1) ?? "any file"].filter(Boolean).join(" or ");
}

function offerOf(files: readonly File[], accept: string): Offer {
  const [file] = files;
  if (file === undefined) return { reason: "There is no file in it." };
  if (files.length > 1) return { reason: `One file, please: these are ${files.length}.` };
  if (!accepts(accept, file)) {
    return {
      reason: `Takes ${acceptedTypes(accept)}; ${file.name} is ${file.type || "of an unknown type"}.`,
    };
  }
  return file.size === 0 ? { reason: `${file.name} is empty.` } : { source: file };
}

/** An address that a kernel can fetch. */
export function offerUrl(text: string): Offer {
  const url = text.trim();
  return /^https?:\/\/[^\s/]+|^data:\w+\//i.test(url)
    ? { source: { url } }
    : { reason: "An address starts with https:// or http://." };
}

/** The parts of a drop or a paste that count, in the order in which they count. */
export function offerOfTransfer(data: DataTransfer, accept: string): Offer {
  const ref = data.getData(RESULT_TYPE);
  if (ref) return { source: { ref } };
  if (data.files.length > 0) return offerOf([...data.files], accept);
  const [line = ""] = (data.getData("text/uri-list") || data.getData("text/plain")).trim().split(/\r?\n/);
  return line ? offerUrl(line) : offerOf([], accept);
}

/** What the browse dialogue gave; `null` where it was closed. */
export const offerOfFiles = (files: FileList | null, accept: string): Offer | null =>
  files?.length ? offerOf([...files], accept) : null;

/** Why a drag that is still in the air will be refused, "" where it may do: names are not known before the drop. */
export function refusalInTheAir(data: DataTransfer, accept: string): string {
  if (data.types.includes(RESULT_TYPE)) return "";
  const files = [...data.items].filter(({ kind }) => kind === "file");
  if (files.length > 1) return "One file, please.";
  const [file] = files;
  const byName = file !== undefined && (file.type === "" || /(^|[\s,])\./.test(accept));
  const will = file === undefined || byName || accepts(accept, { name: "", type: file.type });
  return will ? "" : `Takes ${acceptedTypes(accept)}.`;
}

/** "812 bytes", "12 kB", "4.6 MB". */
export function fileSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  const [amount, unit] = bytes < 999_500 ? [bytes / 1e3, "kB"] : [bytes / 1e6, "MB"];
  return `${amount < 10 ? amount.toFixed(1) : Math.round(amount)} ${unit}`;
}
