// node session.js EXTENSION FILE SETTINGS: starts the extension, edits and saves the file as VS Code would, twice,
// and prints as JSON what happened.
'use strict';

const fs = require('fs');
const path = require('path');
const Module = require('module');

const [extension, file, settings] = process.argv.slice(2);
const load = Module._load;
Module._load = (name, ...more) => (name === 'vscode' ? require('./vscode.js') : load(name, ...more));

const vscode = require('./vscode.js');
const { state, events, Document, applyEdits, change } = vscode.stub;
const manifest = JSON.parse(fs.readFileSync(path.join(extension, 'package.json'), 'utf8'));
for (const [name, property] of Object.entries(manifest.contributes.configuration.properties)) {
  state.settings[name] = property.default;
}
Object.assign(state.settings, JSON.parse(settings));

const none = { isCancellationRequested: false, onCancellationRequested: () => new vscode.Disposable() };
const sleep = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

async function until(condition, what) {
  for (let tries = 0; tries < 600; tries += 1) {
    const value = condition();
    if (value) return value;
    await sleep(100);
  }
  throw new Error(`no ${what}`);
}

// What editor.codeActionsOnSave does: all actions of that kind, applied before the file is written.
async function actionsOnSave(document, kind) {
  const all = new vscode.Range(new vscode.Position(0, 0), new vscode.Position(document.lineCount, 0));
  const context = { diagnostics: [], only: new vscode.CodeActionKind(kind), triggerKind: 2 };
  for (const { provider } of state.providers) {
    const actions = await provider.provideCodeActions(document, all, context, none);
    for (const action of actions || []) {
      if (action.edit) await vscode.workspace.applyEdit(action.edit);
    }
  }
}

async function save(document, kind) {
  if (kind) await actionsOnSave(document, kind);
  const waited = [];
  events.onWillSaveTextDocument.fire({ document, reason: 1, waitUntil: (edits) => waited.push(edits) });
  for (const edits of await Promise.all(waited)) applyEdits(document, edits || []);
  fs.writeFileSync(file, document.text);
  document.isDirty = false;
  await Promise.all(events.onDidSaveTextDocument.fire(document));
}

async function main() {
  const document = new Document(file);
  state.documents.push(document);
  const { activate, deactivate } = require(path.join(extension, manifest.main));
  await activate({ subscriptions: [] });
  if (state.errors.length > 0) return { errors: state.errors };
  await until(() => state.providers.length, 'provider of code actions');
  const found = await until(() => (state.diagnostics.get(document.uri.toString()) || []).length, 'diagnostics');
  const first = document.text.indexOf('static int fd');
  const line = document.text.slice(0, first).split('\n').length - 1;
  const at = new vscode.Position(line, 0);
  change(document, new vscode.Range(at, at), '/* typed just now */\n');
  const kind = state.settings['nsfix.fixOnSave'] ? undefined : 'source.fixAll.nsfix';
  await save(document, kind);
  const once = document.text;
  await save(document, kind);
  await deactivate();
  return {
    found, same: once === document.text, errors: state.errors, watched: state.watched,
    kinds: state.providers.flatMap(({ metadata }) => metadata.providedCodeActionKinds.map((one) => one.value)),
  };
}

main().then((result) => {
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
}, (error) => {
  process.stderr.write(`${error.stack}\n${state.output.join('')}\n`, () => process.exit(1));
});
