import { HAS } from './engine.ts';
import type { Expr } from './inspect.ts';

/**
 * Makes an assertion as strict as it reads. In CEL `a || b` is true where b is, though a is an
 * error; here what stands first is evaluated first, and an error in it stays one:
 *
 *     a || b   becomes   a ? true : b
 *     a && b   becomes   a ? b : false
 *     has(a.b)  becomes  a function that wants members in a
 *
 * so that `has(cpu.x) && cpu.x == 1` works as ever, and `cpu.x == 1 || …` says that there is no x.
 */
export function makeStrict(expr: Expr): void {
  const { exprKind } = expr;
  switch (exprKind.case) {
    case 'selectExpr':
      visit(exprKind.value.operand);
      if (exprKind.value.testOnly) askForMember(expr, exprKind.value);
      return;
    case 'listExpr':
      for (const element of exprKind.value.elements) makeStrict(element);
      return;
    case 'comprehensionExpr': {
      const { iterRange, accuInit, loopCondition, loopStep, result } = exprKind.value;
      for (const part of [iterRange, accuInit, loopCondition, loopStep, result]) visit(part);
      return;
    }
    case 'callExpr': {
      const call = exprKind.value;
      visit(call.target);
      for (const argument of call.args) makeStrict(argument);
      const [first, second] = call.args;
      if (first === undefined || second === undefined) return;
      if (call.function === '_||_')
        call.args = [first, constant(expr, { case: 'boolValue', value: true }), second];
      else if (call.function === '_&&_')
        call.args = [first, second, constant(expr, { case: 'boolValue', value: false })];
      else return;
      call.function = '_?_:_';
      return;
    }
  }
}

function visit(expr: Expr | undefined): void {
  if (expr !== undefined) makeStrict(expr);
}

function askForMember(
  expr: Expr,
  { operand, field }: { readonly operand?: Expr | undefined; readonly field: string },
): void {
  const name = constant(expr, { case: 'stringValue', value: field });
  expr.exprKind = {
    case: 'callExpr',
    value: {
      $typeName: 'cel.expr.Expr.Call',
      function: HAS,
      args: operand === undefined ? [name] : [name, operand],
    },
  };
}

type ConstantKind = Extract<Expr['exprKind'], { case: 'constExpr' }>['value']['constantKind'];

function constant(like: Expr, constantKind: ConstantKind): Expr {
  return {
    $typeName: like.$typeName,
    id: like.id,
    exprKind: { case: 'constExpr', value: { $typeName: 'cel.expr.Constant', constantKind } },
  };
}
