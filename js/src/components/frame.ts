/** A decoded preview, ready to be put on the page. */
export interface Frame {
  image: HTMLImageElement;
  /** The step that it shows; 0 where the service does not count. */
  step: number;
}
