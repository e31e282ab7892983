/** The model: its name, and a search over all services that opens below it. */
import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Model } from "../../contract/studio";
import type { Bench } from "./bench";
import { Icon } from "./icons";
import "./ModelPicker.css";
import { useUniqueId } from "../unique_id";

const MAX_SHOWN = 60;

/** The models that have every word, those that begin with it first; then the text itself, where it may be a name. */
export function found(models: readonly Model[], query: string): Model[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const text = (m: Model) => `${m.id} ${m.title} ${m.description}`.toLowerCase();
  const hits = models.filter((model) => words.every((word) => text(model).includes(word)));
  const first = words[0] ?? "";
  const rank = ({ id, title }: Model) => (`${id} ${title}`.toLowerCase().includes(first) ? 0 : 1);
  const listed = hits.toSorted((a, b) => rank(a) - rank(b)).slice(0, MAX_SHOWN);
  const typed = query.trim();
  const isName = /^[\w.-]+\/\S+$/.test(typed) && !models.some(({ id }) => id === typed);
  const own = { id: typed, service: "", title: "Use this name", description: "", price: "" };
  return isName ? [...listed, own] : listed;
}

const priceWords = (price: string): string => (price === "unknown" ? "price unknown" : price);

function Option({ model, id, active, chosen, onChoose }: OptionProps) {
  const row = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (active) row.current?.scrollIntoView?.({ block: "nearest" });
  }, [active]);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the search field's, which keeps the focus.
    // biome-ignore lint/a11y/useFocusableInteractive: as above; aria-activedescendant points here.
    <div
      ref={row}
      id={id}
      class={`ig-models__row${active ? " ig-is-active" : ""}`}
      role="option"
      aria-selected={chosen}
      onMouseDown={(event) => event.preventDefault()}
      onClick={onChoose}
    >
      <span class="ig-models__title">{model.title}</span>
      <span class="ig-models__price">{model.price && priceWords(model.price)}</span>
      <span class="ig-models__id">{model.id}</span>
      {model.description && <span class="ig-models__about">{model.description}</span>}
    </div>
  );
}

interface OptionProps {
  model: Model;
  id: string;
  active: boolean;
  chosen: boolean;
  onChoose: () => void;
}

export function ModelPicker({ bench }: { bench: Bench }) {
  const id = useUniqueId();
  const open = useSignal(false);
  const query = useSignal("");
  /** The model that Enter chooses: by name, since the list grows while the services answer. */
  const active = useSignal("");
  const opener = useRef<HTMLButtonElement>(null);
  const search = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    if (open.value) search.current?.focus();
  }, [open.value]);
  const hits = open.value ? found(bench.catalogue.value, query.value) : [];
  const place = Math.max(
    0,
    hits.findIndex(({ id }) => id === active.value),
  );
  const marked = hits[place]?.id ?? "";
  useLayoutEffect(() => {
    active.value = marked;
  }, [active, marked]);
  const { title, service, description, cannot_cancel } = bench.about.value;
  const show = () => {
    query.value = "";
    active.value = bench.model.value;
    open.value = true;
    bench.lookForModels();
  };
  const close = (refocus = true) => {
    open.value = false;
    if (refocus) queueMicrotask(() => opener.current?.focus());
  };
  const choose = (model: Model | undefined) => {
    if (model === undefined) return;
    if (model.id !== bench.model.value) bench.choose(model.id);
    close();
  };
  const go = (to: number) => {
    active.value = hits[to]?.id ?? active.value;
  };
  const keys: Record<string, () => void> = {
    ArrowDown: () => go(place + 1),
    ArrowUp: () => go(place - 1),
    Enter: () => choose(hits[place]),
    Escape: () => close(),
  };
  return (
    <div class="ig-picker">
      <button
        ref={opener}
        type="button"
        class="ig-button ig-picker__opener"
        aria-haspopup="listbox"
        aria-expanded={open.value}
        title={description || undefined}
        onClick={() => (open.value ? close() : show())}
      >
        <span class="ig-picker__names">
          <span class="ig-unseen">Model: </span>
          <span class="ig-picker__title">
            {bench.loading.value ? "Reading the model…" : title || "Choose a model"}
          </span>
          <span class="ig-picker__id">{bench.model.value || service}</span>
          <span class="ig-unseen">. Choose another</span>
        </span>
        <Icon name="fold" />
      </button>
      {open.value && (
        <div
          class="ig-models"
          onFocusOut={({ currentTarget, relatedTarget }) => {
            if (!currentTarget.contains(relatedTarget as Node | null)) close(false);
          }}
        >
          <input
            ref={search}
            class="ig-input ig-models__search"
            type="text"
            role="combobox"
            aria-label="Search models of all services"
            aria-expanded="true"
            aria-controls={`${id}-list`}
            aria-activedescendant={hits.length > 0 ? `${id}-${place}` : undefined}
            autocomplete="off"
            spellcheck={false}
            placeholder="Search, or write service/model"
            value={query.value}
            onInput={({ currentTarget }) => {
              query.value = currentTarget.value;
              active.value = "";
            }}
            onKeyDown={(event) => {
              const act = keys[event.key];
              if (act === undefined || event.isComposing) return;
              event.preventDefault();
              event.stopPropagation();
              act();
            }}
          />
          <div class="ig-models__list" id={`${id}-list`} role="listbox" aria-label="Models">
            {hits.map((model, index) => (
              <Option
                key={model.id}
                model={model}
                id={`${id}-${index}`}
                active={index === place}
                chosen={model.id === bench.model.value}
                onChoose={() => choose(model)}
              />
            ))}
          </div>
          {hits.length >= MAX_SHOWN && <p class="ig-models__none">There are more: write another word.</p>}
          {hits.length === 0 && (
            <p class="ig-models__none">
              {bench.catalogue.value.length > 0 ? "No model has all these words." : "Asking the services…"}
            </p>
          )}
        </div>
      )}
      {cannot_cancel && <p class="ig-unseen">{cannot_cancel}</p>}
    </div>
  );
}
