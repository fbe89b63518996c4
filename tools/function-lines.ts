import ts from 'typescript-5';
import { read } from './repository.ts';

/** A function and how many lines it has itself, without the functions inside of it. */
export interface FunctionLines {
  readonly place: string;
  readonly lines: number;
}

/** The functions of a file. What makes a value out of functions counts as long as the text between them. */
export function functionLines(path: string, text: string = read(path)): readonly FunctionLines[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: FunctionLines[] = [];
  const lineOf = (position: number): number => source.getLineAndCharacterOfPosition(position).line;
  /** Returns how many lines the functions in a node take, each counted once. */
  const visit = (node: ts.Node): number => {
    let inside = 0;
    ts.forEachChild(node, (child) => {
      inside += visit(child);
    });
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return inside;
    const first = lineOf(node.getStart());
    const whole = lineOf(node.getEnd()) - first + 1;
    found.push({ place: `${path}:${first + 1}`, lines: whole - inside });
    return whole;
  };
  visit(source);
  return found;
}
