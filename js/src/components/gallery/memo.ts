/** A component that is drawn again only when a property is another one: Preact's compat layer would cost 10 kB. */
import { Component, type ComponentChild, type ComponentType, h } from "preact";

export function memo<Props extends object>(of: ComponentType<Props>): ComponentType<Props> {
  return class Memo extends Component<Props> {
    override shouldComponentUpdate(next: Props): boolean {
      const names = Object.keys(next) as (keyof Props)[];
      return names.some((name) => next[name] !== this.props[name]);
    }

    override render(props: Props): ComponentChild {
      return h(of, props);
    }
  } as ComponentType<Props>;
}
