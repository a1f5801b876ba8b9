import type { JsonValue } from '../../../core/encoding/json.ts';
import type { ChatRequest, ChatTool, ChatToolChoice } from './chat.ts';
import { Members, Untranslated } from './members.ts';

export function chatTools(request: Members): readonly ChatTool[] {
  const list = request.maybeList('tools') ?? [];
  return list.map((value, i) => chatTool(value, `tools[${i}]`));
}

function chatTool(value: JsonValue, path: string): ChatTool {
  const tool = new Members(value, path);
  const type = tool.maybeString('type') ?? 'custom';
  if (type !== 'custom') {
    throw new Untranslated(tool.at('type'), `${type}, a tool of the service, is not translated`);
  }
  const [name, description] = [tool.string('name'), tool.maybeString('description')];
  const strict = tool.maybeBoolean('strict');
  const parameters = tool.take('input_schema');
  // Read once more for its shape alone.
  new Members(parameters, tool.at('input_schema'));
  tool.leaveCacheControl();
  tool.end();
  return {
    type: 'function',
    function: {
      name,
      ...(description !== undefined && { description }),
      parameters: parameters ?? {},
      ...(strict !== undefined && { strict }),
    },
  };
}

export function chatToolChoice(
  request: Members,
): Pick<ChatRequest, 'tool_choice' | 'parallel_tool_calls'> {
  const value = request.take('tool_choice');
  if (value === undefined) return {};
  const choice = new Members(value, request.at('tool_choice'));
  const chosen = choiceOf(choice);
  const oneAtATime = choice.maybeBoolean('disable_parallel_tool_use') === true;
  choice.end();
  return { tool_choice: chosen, ...(oneAtATime && { parallel_tool_calls: false }) };
}

function choiceOf(choice: Members): ChatToolChoice {
  const type = choice.string('type');
  switch (type) {
    case 'auto':
    case 'none':
      return type;
    case 'any':
      return 'required';
    case 'tool':
      return { type: 'function', function: { name: choice.string('name') } };
    default:
      throw new Untranslated(choice.at('type'), 'want auto, any, none or tool');
  }
}
