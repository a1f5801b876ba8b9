import { nearName } from '../../../core/document/near-name.ts';
import { parseAssertion } from './assertion.ts';
import type { Expr } from './inspect.ts';
import type { Known, KnownFacts } from './known-facts.ts';

/** A list that is written out or gathered. */
interface List {
  readonly items: Told | 'none yet';
}
/** Undefined where nobody can tell before there is a machine. */
type Told = Known | List | undefined;
type Names = ReadonlyMap<string, Told>;

/**
 * Members that no machine has, by has() too: a misspelt one makes an assertion false of all
 * machines, or true of all where its absence was good news.
 *
 * @param source an assertion that compiles.
 * @returns a sentence for each, e.g. `cpu has no member tbcStatus: did you mean tcbStatus?`.
 */
export function unknownMembers(source: string, facts: KnownFacts): readonly string[] {
  const search = new Search();
  search.look(parseAssertion(source, 'cel'), new Map(Object.entries(facts)));
  return [...search.found];
}

class Search {
  readonly found = new Set<string>();

  /** What an expression comes to; what is amiss within it is noted. */
  look(expr: Expr | undefined, names: Names): Told {
    const kind = expr?.exprKind;
    switch (kind?.case) {
      case 'identExpr':
        return names.get(kind.value.name);
      case 'selectExpr': {
        const { operand, field, testOnly } = kind.value;
        const member = this.#member(operand, field, this.look(operand, names));
        return testOnly ? 'value' : member;
      }
      case 'listExpr': {
        const items = kind.value.elements.map((element) => this.look(element, names));
        return items.map((item): Told => ({ items: item })).reduce(either, EMPTY);
      }
      case 'callExpr':
        return this.#call(kind.value, names);
      case 'comprehensionExpr': {
        // When a loop ends is the macro’s own business: nothing of the author’s is in there.
        const { iterVar, accuVar, iterRange, accuInit, loopStep, result } = kind.value;
        const item = itemOf(this.look(iterRange, names));
        const inside = new Map([...names, [iterVar, item], [accuVar, this.look(accuInit, names)]]);
        const gathered = this.look(loopStep, inside);
        return this.look(result, new Map([...names, [accuVar, gathered]]));
      }
      default:
        return undefined;
    }
  }

  #call({ function: name, target, args }: Call, names: Names): Told {
    this.look(target, names);
    const [first, second, third] = args.map((argument) => this.look(argument, names));
    const [left, right] = args;
    switch (name) {
      case '_[_]': {
        const member = textOf(right);
        return member === undefined ? itemOf(first) : this.#member(left, member, first);
      }
      case '@in': {
        const member = textOf(left);
        if (member !== undefined && isMembers(second)) this.#member(right, member, second);
        return 'value';
      }
      case '_?_:_':
        return either(second, third);
      case '_+_':
        return either(first, second);
      default:
        return undefined;
    }
  }

  #member(operand: Expr | undefined, name: string, of: Told): Told {
    if (of === undefined) return undefined;
    const where = spelled(operand);
    if (!isMembers(of)) {
      const hint = of === 'value' ? 'has no members' : 'is a list, whose items are to be asked';
      this.found.add(`${where} ${hint}: there is no ${where}.${name}`);
      return undefined;
    }
    if (Object.hasOwn(of.members, name)) return of.members[name];
    const known = Object.keys(of.members);
    const near = nearName(name, known);
    const hint = near === undefined ? `want ${known.join(', ')}` : `did you mean ${near}?`;
    this.found.add(`${where} has no member ${name}: ${hint}`);
    return undefined;
  }
}

const EMPTY: Told = { items: 'none yet' };

interface Call {
  readonly function: string;
  readonly target?: Expr | undefined;
  readonly args: readonly Expr[];
}

function isMembers(told: Told): told is Extract<Known, { members: unknown }> {
  return typeof told === 'object' && 'members' in told;
}

/** An item of a list; of members their names, as a loop has them. */
function itemOf(told: Told): Told {
  if (typeof told !== 'object') return undefined;
  if ('members' in told) return 'value';
  return told.items === 'none yet' ? undefined : told.items;
}

/** One or the other, where both are the same, or one a list that has nothing in it yet. */
function either(one: Told, other: Told): Told {
  if (one === other) return one;
  if (!isList(one) || !isList(other)) return undefined;
  if (one.items === 'none yet') return other;
  return other.items === 'none yet' || one.items === other.items ? one : { items: undefined };
}

function isList(told: Told): told is List {
  return typeof told === 'object' && 'items' in told;
}

function textOf(expr: Expr | undefined): string | undefined {
  const kind = expr?.exprKind;
  if (kind?.case !== 'constExpr') return undefined;
  const { constantKind } = kind.value;
  return constantKind.case === 'stringValue' ? constantKind.value : undefined;
}

/** An expression as its author wrote it, as far as it is names. */
function spelled(expr: Expr | undefined): string {
  const kind = expr?.exprKind;
  if (kind?.case === 'identExpr') return kind.value.name;
  if (kind?.case === 'selectExpr') return `${spelled(kind.value.operand)}.${kind.value.field}`;
  if (kind?.case === 'callExpr' && kind.value.function === '_[_]') {
    const [of, at] = kind.value.args;
    return `${spelled(of)}[${textOf(at) ?? '…'}]`;
  }
  return '(…)';
}
