/**
 * The outputs in the notebook file, where the host lets a page at them (JupyterLab and Notebook 7). A page that was loaded
 * again takes no news of outputs that an earlier one received: what the file keeps of them is then renewed from here.
 */

/** A plain output: data by media type, and metadata. */
export interface Plain {
  data: Record<string, unknown>;
  metadata: Record<string, unknown>;
}

type Saved = Partial<Plain>;

interface Outputs {
  readonly length: number;
  get(index: number): { toJSON(): Saved };
  set(index: number, output: Saved): void;
  add(output: Saved): unknown;
}

/** The cells of a notebook; only those that hold code have outputs. */
export interface Cells {
  readonly length: number;
  get(index: number): { outputs?: Outputs };
}

/** The cells of the notebook that a widget manager belongs to; null where the host keeps them to itself. */
export function cellsOf(manager: unknown): Cells | null {
  const { context } = (manager ?? {}) as { context?: { model?: { cells?: Partial<Cells> } } };
  const cells = context?.model?.cells;
  return typeof cells?.get === "function" ? (cells as Cells) : null;
}

function* marked(cells: Cells, mark: string): Generator<[Outputs, number, Saved]> {
  for (let i = 0; i < cells.length; i += 1) {
    const { outputs } = cells.get(i);
    for (let at = 0; at < (outputs?.length ?? 0); at += 1) {
      const saved = outputs?.get(at).toJSON();
      const jpeg = saved?.data?.["image/jpeg"];
      const text = Array.isArray(jpeg) ? jpeg.join("") : jpeg;
      if (outputs && saved && typeof text === "string" && text.startsWith(mark)) yield [outputs, at, saved];
    }
  }
}

/** Whether the notebook has a picture whose base64 begins with `mark`. */
export const keeps = (cells: Cells, mark: string): boolean => !marked(cells, mark).next().done;

/** Puts other outputs in the place of every one whose picture has the mark: the first there, the rest at the cell's end. */
export function renew(cells: Cells, mark: string, [first, ...more]: readonly Plain[]): void {
  for (const [outputs, at, saved] of first === undefined ? [] : [...marked(cells, mark)]) {
    outputs.set(at, { ...saved, ...first });
    for (const one of more) outputs.add({ ...saved, ...one });
  }
}
