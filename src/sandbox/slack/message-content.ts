import { fail, ok, type Result } from '../../core/result.ts';
import { errorLine } from './block-kit/block-error.ts';
import { limits } from './block-kit/limits.ts';
import { textInBlocks, validateBlocks } from './block-kit/validate-blocks.ts';
import { isList, isObject, type Json, type JsonObject, listAt, textAt } from './json.ts';
import type { Block, Metadata } from './records.ts';

/** What somebody may put into a message. A field is absent when the call did not have it, which is not the same as empty. */
export type Content = {
  readonly text?: string;
  readonly blocks?: readonly Block[];
  readonly attachments?: readonly Json[];
  readonly metadata?: Metadata | 'none';
};

/** Slack's refusal: the error word, and for blocks the lines that say where and why. */
export type Refusal = { readonly error: string; readonly lines: readonly string[] };

/**
 * Reads and checks the content of `chat.*` calls, of response_url bodies and of command acknowledgements.
 * `maxText` differs: `chat.update` refuses more than 4,000 characters, posting cuts at 40,000.
 */
export function readContent(args: JsonObject, { maxText }: { maxText?: number } = {}): Result<Content, Refusal> {
  const markdownText = textAt(args, 'markdown_text');
  if (markdownText !== undefined && (args.text !== undefined || args.blocks !== undefined))
    return refuse('markdown_text_conflict');
  if (markdownText !== undefined && markdownText.length > limits.markdownText) return refuse('msg_too_long');
  const text = args.text;
  if (text !== undefined && typeof text !== 'string')
    return refuse('invalid_arguments', ['[ERROR] must be a string [json-pointer:/text]']);
  if (maxText !== undefined && text !== undefined && text.length > maxText) return refuse('msg_too_long');
  const blocks = readBlocks(markdownText === undefined ? args.blocks : [{ type: 'markdown', text: markdownText }]);
  if (!blocks.ok) return blocks;
  const attachments = args.attachments;
  if (attachments !== undefined && !isList(attachments)) return refuse('invalid_attachments');
  if (attachments !== undefined && attachments.length > limits.attachments) return refuse('too_many_attachments');
  const metadata = readMetadata(args.metadata);
  if (!metadata.ok) return metadata;
  return ok({
    ...(text === undefined ? {} : { text: text.slice(0, limits.messageText) }),
    ...(markdownText === undefined ? {} : { text: markdownText }),
    ...(blocks.value === undefined ? {} : { blocks: blocks.value }),
    ...(attachments === undefined ? {} : { attachments }),
    ...(metadata.value === undefined ? {} : { metadata: metadata.value }),
  });
}

/** True when there is nothing to show: Slack answers `no_text`. */
export function isEmptyContent({ text, blocks, attachments }: Content): boolean {
  return (text ?? '') === '' && (blocks ?? []).length === 0 && (attachments ?? []).length === 0;
}

/** Gives every block and every element that can be acted on an id, as Slack does, so that payloads and state can name them. */
export function withBlockIds(blocks: readonly Block[]): readonly Block[] {
  const taken = new Set(blocks.flatMap(({ block_id }) => block_id ?? []));
  let next = 0;
  return blocks.map((block) => {
    if (block.block_id !== undefined && block.block_id !== '') return withActionIds(block, block.block_id);
    do next += 1;
    while (taken.has(`b${next}`));
    return withActionIds({ ...block, block_id: `b${next}` }, `b${next}`);
  });
}

function withActionIds(block: Block, blockId: string): Block {
  const named = (element: Json | undefined, name: string): Json | undefined =>
    isObject(element) && element.action_id === undefined && !inert.has(textAt(element, 'type') ?? '')
      ? { ...element, action_id: `${blockId}-${name}` }
      : element;
  if (block.type === 'actions')
    return {
      ...block,
      elements: listAt(block, 'elements').map((element, index) => named(element, String(index)) ?? null),
    };
  if (block.type === 'section' && block.accessory !== undefined)
    return { ...block, accessory: named(block.accessory, 'accessory') };
  return block.type === 'input' ? { ...block, element: named(block.element, 'input') } : block;
}

const inert: ReadonlySet<string> = new Set(['image', 'workflow_button']);

function readBlocks(raw: Json | undefined): Result<readonly Block[] | undefined, Refusal> {
  if (raw === undefined) return ok(undefined);
  // `decodeArguments` leaves text that is not JSON as it is.
  if (!isList(raw)) return refuse('invalid_blocks_format');
  const errors = validateBlocks(raw, 'message');
  if (errors.length > 0) return refuse('invalid_blocks', errors.map(errorLine));
  if (textInBlocks(raw) > limits.allBlockText) return refuse('msg_blocks_too_long');
  // Just checked: every item is an object with a known `type`.
  return ok(withBlockIds(raw as readonly Block[]));
}

function readMetadata(raw: Json | undefined): Result<Metadata | 'none' | undefined, Refusal> {
  if (raw === undefined) return ok(undefined);
  if (!isObject(raw)) return refuse('invalid_metadata_format');
  if (Object.keys(raw).length === 0) return ok('none');
  const event_type = textAt(raw, 'event_type');
  const event_payload = raw.event_payload;
  if (event_type === undefined || !isObject(event_payload)) return refuse('invalid_metadata_format');
  if (Buffer.byteLength(JSON.stringify(raw)) > limits.metadataBytes) return refuse('metadata_too_large');
  return ok({ event_type, event_payload });
}

function refuse(error: string, lines: readonly string[] = []): Result<never, Refusal> {
  return fail({ error, lines });
}
