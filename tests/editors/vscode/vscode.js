// As much of VS Code's API as a language client needs: texts, edits, events, and what the client registers.
'use strict';

const fs = require('fs');
const path = require('path');
const { pathToFileURL, fileURLToPath } = require('url');

class Disposable {
  constructor(dispose) { this.dispose = dispose || (() => {}); }
  static from(...items) { return new Disposable(() => items.forEach((item) => item.dispose())); }
}

class EventEmitter {
  constructor() {
    this.listeners = new Set();
    this.event = (listener, self, store) => {
      const bound = self ? listener.bind(self) : listener;
      this.listeners.add(bound);
      const disposable = new Disposable(() => this.listeners.delete(bound));
      if (store) store.push(disposable);
      return disposable;
    };
  }
  fire(value) { return [...this.listeners].map((listener) => listener(value)); }
  dispose() { this.listeners.clear(); }
}

class Position {
  constructor(line, character) { this.line = line; this.character = character; }
  isBefore(other) { return this.line < other.line || (this.line === other.line && this.character < other.character); }
}

class Range {
  constructor(...ends) {
    const four = ends.length === 4;
    this.start = four ? new Position(ends[0], ends[1]) : ends[0];
    this.end = four ? new Position(ends[2], ends[3]) : ends[1];
  }
}

class TextEdit {
  constructor(range, newText) { this.range = range; this.newText = newText; }
}

class WorkspaceEdit {
  constructor() { this.files = new Map(); }
  set(uri, edits) { this.files.set(uri.toString(), edits.map((edit) => (Array.isArray(edit) ? edit[0] : edit))); }
  insert(uri, position, text) { this.replace(uri, new Range(position, position), text); }
  replace(uri, range, text) {
    this.files.set(uri.toString(), [...(this.files.get(uri.toString()) || []), new TextEdit(range, text)]);
  }
}

class CodeActionKind {
  constructor(value) { this.value = value; }
  append(part) { return new CodeActionKind(this.value ? `${this.value}.${part}` : part); }
  contains(other) { return this.value === '' || other.value === this.value || other.value.startsWith(`${this.value}.`); }
}
CodeActionKind.Empty = new CodeActionKind('');
CodeActionKind.QuickFix = new CodeActionKind('quickfix');
CodeActionKind.Source = new CodeActionKind('source');

class CodeAction {
  constructor(title, kind) { this.title = title; this.kind = kind; }
}

class Diagnostic {
  constructor(range, message, severity) { Object.assign(this, { range, message, severity }); }
}

class Uri {
  constructor(file) { this.scheme = 'file'; this.authority = ''; this.path = this.fsPath = file; }
  static file(file) { return new Uri(file); }
  static parse(text) { return new Uri(fileURLToPath(text)); }
  toString() { return pathToFileURL(this.fsPath).href; }
}

class Document {
  constructor(file) {
    this.uri = Uri.file(file);
    this.fileName = file;
    this.languageId = 'c';
    this.version = 1;
    this.isClosed = this.isDirty = this.isUntitled = false;
    this.text = fs.readFileSync(file, 'utf8');
  }
  get lineCount() { return this.text.split('\n').length; }
  getText() { return this.text; }
  offsetAt(position) {
    const lines = this.text.split('\n');
    return lines.slice(0, position.line).reduce((sum, line) => sum + line.length + 1, 0) + position.character;
  }
}

const state = { settings: {}, documents: [], providers: [], diagnostics: new Map(), errors: [], watched: [], output: [] };
const events = {};
function event(name) {
  events[name] = events[name] || new EventEmitter();
  return events[name].event;
}

// Replaces a part of a document, and tells the listeners.
function change(document, range, text) {
  const [from, to] = [document.offsetAt(range.start), document.offsetAt(range.end)];
  document.text = document.text.slice(0, from) + text + document.text.slice(to);
  document.version += 1;
  document.isDirty = true;
  const contentChanges = [{ range, rangeOffset: from, rangeLength: to - from, text }];
  events.onDidChangeTextDocument.fire({ document, contentChanges, reason: undefined });
}

function applyEdits(document, edits) {
  const sorted = [...edits].sort((one, other) => document.offsetAt(other.range.start) - document.offsetAt(one.range.start));
  sorted.forEach((edit) => change(document, edit.range, edit.newText));
}

const channel = {
  append: (text) => state.output.push(text),
  appendLine: (text) => state.output.push(`${text}\n`),
  clear: () => {}, show: () => {}, hide: () => {}, dispose: () => {}, replace: () => {},
};

const known = {
  version: '1.82.0',
  Disposable, EventEmitter, Position, Range, TextEdit, WorkspaceEdit, CodeActionKind, CodeAction, Diagnostic, Uri,
  DiagnosticSeverity: { Error: 0, Warning: 1, Information: 2, Hint: 3 },
  CancellationTokenSource: class { constructor() { this.token = { isCancellationRequested: false, onCancellationRequested: () => new Disposable() }; } },
  CancellationError: class extends Error {},
  env: { appName: 'stub', language: 'en' },
  workspace: {
    get textDocuments() { return state.documents; },
    workspaceFolders: undefined,
    getConfiguration: (section) => ({ get: (name) => state.settings[`${section}.${name}`] }),
    createFileSystemWatcher: (glob) => {
      state.watched.push(glob);
      const none = () => new Disposable();
      return { onDidCreate: none, onDidChange: none, onDidDelete: none, dispose: () => {} };
    },
    getWorkspaceFolder: () => undefined,
    applyEdit: async (edit) => {
      edit.files.forEach((edits, uri) => applyEdits(state.documents.find((one) => one.uri.toString() === uri), edits));
      return true;
    },
  },
  window: {
    activeTextEditor: undefined, visibleTextEditors: [], tabGroups: { all: [], onDidChangeTabs: event('tabs'), onDidChangeTabGroups: event('tabGroups') },
    createOutputChannel: () => channel,
    showErrorMessage: async (text) => { state.errors.push(text); },
    showWarningMessage: async () => {}, showInformationMessage: async () => {},
  },
  languages: {
    match: (selector, document) => [selector].flat().some((one) => one.language === document.languageId ? 10 : 0),
    createDiagnosticCollection: () => ({
      set: (uri, found) => state.diagnostics.set(uri.toString(), found),
      delete: (uri) => state.diagnostics.delete(uri.toString()),
      clear: () => state.diagnostics.clear(), dispose: () => {},
    }),
    registerCodeActionsProvider: (selector, provider, metadata) => {
      state.providers.push({ provider, metadata });
      return new Disposable();
    },
  },
  commands: { registerCommand: () => new Disposable(), executeCommand: async () => {} },
};

// The rest of the API: events that never come, providers that nobody asks, classes that only have to be there.
function rest(object) {
  return new Proxy(object, {
    get(target, name) {
      if (typeof name !== 'string' || name in target) return target[name];
      if (/^on[A-Z]/.test(name)) return event(name);
      if (/^(create|register)/.test(name)) return () => new Disposable();
      if (/^[A-Z]/.test(name)) target[name] = rest(class {});
      return target[name];
    },
  });
}
for (const name of ['workspace', 'window', 'languages', 'commands']) known[name] = rest(known[name]);

module.exports = rest(known);
Object.defineProperty(module.exports, 'stub', { value: { state, events, Document, applyEdits, change } });
