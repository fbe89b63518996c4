import { InvalidArgumentError } from 'commander';
import { closest } from 'fastest-levenshtein';
import { TABLE_NAMES, type TableName } from './export-tables.ts';

/** Repeatable, and comma-separated: names of tables. */
export function tableNames(text: string, previous: readonly TableName[] = []): readonly TableName[] {
  const names = text.split(',').map((name) => name.trim());
  return [...new Set([...previous, ...names.map(tableName)])];
}

const isTableName = (name: string): name is TableName => (TABLE_NAMES as readonly string[]).includes(name);

function tableName(name: string): TableName {
  if (isTableName(name)) return name;
  throw new InvalidArgumentError(
    `"${name}" is not a table. Did you mean ${closest(name, [...TABLE_NAMES])}? Known: ${TABLE_NAMES.join(', ')}.`,
  );
}
