// A cell as an editor, in the colours that the page gives to code.
import {EditorView, keymap, drawSelection, lineNumbers} from "@codemirror/view";
import {EditorState, Prec} from "@codemirror/state";
import {defaultKeymap, history, historyKeymap, indentWithTab, temporarilySetTabFocusMode} from "@codemirror/commands";
import {python, pythonLanguage} from "@codemirror/lang-python";
import {indentUnit, syntaxHighlighting, bracketMatching, indentOnInput} from "@codemirror/language";
import {closeBrackets, closeBracketsKeymap} from "@codemirror/autocomplete";
import {highlightCode, tagHighlighter, tags} from "@lezer/highlight";

const COLOURS = tagHighlighter([  // the classes that Pygments uses
  {tag: [tags.keyword, tags.controlKeyword, tags.definitionKeyword, tags.moduleKeyword], class: "k"},
  {tag: tags.operatorKeyword, class: "ow"},
  {tag: tags.string, class: "s2"},
  {tag: tags.comment, class: "c1"},
  {tag: tags.number, class: "mi"},
  {tag: [tags.bool, tags.null], class: "kc"},
  {tag: tags.operator, class: "o"},
  {tag: tags.function(tags.definition(tags.variableName)), class: "nf"},
  {tag: tags.definition(tags.className), class: "nc"},
]);

// Code that is shown and not edited, in the same colours.
export function coloured(code) {
  const shown = document.createDocumentFragment();
  const put = (text, classes) => {
    const part = document.createElement("span");
    part.className = classes;
    part.textContent = text;
    shown.append(classes ? part : text);
  };
  highlightCode(code, pythonLanguage.parser.parse(code), COLOURS, put, () => shown.append("\n"));
  return shown;
}

export function opened(parent, text, {run, changed, name}) {
  const view = new EditorView({parent, doc: text, extensions: [
    Prec.highest(keymap.of([
      {key: "Shift-Enter", run: () => (run(), true)},
      {key: "Mod-Enter", run: () => (run(), true)},
      {key: "Escape", run: temporarilySetTabFocusMode},  // then Tab leaves the editor
    ])),
    history(), drawSelection(), indentOnInput(), bracketMatching(), closeBrackets(),
    keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, indentWithTab]),
    python(), indentUnit.of("    "), EditorState.tabSize.of(4), syntaxHighlighting(COLOURS),
    EditorView.updateListener.of(update => { if (update.docChanged) changed(); }),
    EditorView.contentAttributes.of({
      "aria-label": `Code of the cell ${name}. Shift and Enter run it; Escape, then Tab leave it.`,
      "tabindex": "0",
    }),
  ]});
  return {
    focus: () => view.focus(),
    text: () => view.state.doc.toString(),
    set: words => { if (words !== view.state.doc.toString()) view.dispatch({changes: {from: 0, to: view.state.doc.length, insert: words}}); },
    view,
  };
}
