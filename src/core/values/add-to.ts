/** Puts an item at the end of the list that a map has under a key; the first one begins it. */
export function addTo<Key, Item>(
	lists: Map<Key, Item[]>,
	key: Key,
	item: Item,
): void {
	const list = lists.get(key);
	if (list === undefined) lists.set(key, [item]);
	else list.push(item);
}
