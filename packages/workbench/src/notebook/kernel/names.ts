import type * as TypeScript from "@tslab/typescript-for-tslab";

type Ts = typeof TypeScript;

/** Parameters of the function that a cell becomes, and the kernel's own name. */
const reserved = ["exports", "require", "__kernel__"];

/** The first name that a cell declares although the kernel needs it, with its position. */
export function reservedName(ts: Ts, source: string): { name: string; position: number } | undefined {
  const file = ts.createSourceFile("cell.ts", source, ts.ScriptTarget.ES2022, true);
  for (const statement of file.statements) {
    for (const name of declaredNames(ts, statement)) {
      if (reserved.includes(name.text)) return { name: name.text, position: name.getStart() };
    }
  }
  return undefined;
}

/**
 * What remains of a cell that failed: its types, and its declarations of names that have got their value.
 * @param hasValue tells whether a name was assigned before the error
 */
export function reachedDeclarations(ts: Ts, source: string, hasValue: (name: string) => boolean): string[] {
  const file = ts.createSourceFile("cell.ts", source, ts.ScriptTarget.ES2022, true);
  return file.statements.flatMap((statement) => {
    if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement))
      return [statement.getText()];
    if (ts.isImportDeclaration(statement)) return [statement.getText()];
    if (!ts.isVariableStatement(statement)) {
      const [name] = declaredNames(ts, statement);
      return name && hasValue(name.text) ? [statement.getText()] : [];
    }
    const { declarations } = statement.declarationList;
    const reached = declarations.filter((one) => bindings(ts, one.name).every(({ text }) => hasValue(text)));
    if (reached.length === 0) return [];
    const keyword = statement.getText().slice(0, declarations[0].getStart() - statement.getStart());
    return [`${keyword}${reached.map((one) => one.getText()).join(", ")};`];
  });
}

function declaredNames(ts: Ts, statement: TypeScript.Statement): TypeScript.Identifier[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap(({ name }) => bindings(ts, name));
  }
  if (ts.isImportDeclaration(statement)) {
    const { name, namedBindings } = statement.importClause ?? {};
    const named = !namedBindings
      ? []
      : ts.isNamespaceImport(namedBindings)
        ? [namedBindings.name]
        : namedBindings.elements.map((element) => element.name);
    return name ? [name, ...named] : named;
  }
  if (
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isEnumDeclaration(statement) ||
    ts.isModuleDeclaration(statement)
  ) {
    return statement.name && ts.isIdentifier(statement.name) ? [statement.name] : [];
  }
  return [];
}

function bindings(ts: Ts, name: TypeScript.BindingName): TypeScript.Identifier[] {
  if (ts.isIdentifier(name)) return [name];
  return name.elements.flatMap((element) =>
    ts.isOmittedExpression(element) ? [] : bindings(ts, element.name),
  );
}
