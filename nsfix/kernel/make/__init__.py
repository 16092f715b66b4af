"""A reader of GNU make text: it computes variables as make 4.3 does and runs nothing.

`reader.MakeReader` reads files, `scope.Scope` holds the variables, `expand.Expander` computes references.
What make would ask a shell for is computed where `shell` knows how; otherwise the value is *unknown* and
stands in the text as a mark (see `unknown`), so that whoever uses the text can say what it depends on.
"""
