package kept

import "strings"

// Locks are the settings that an administrator has fixed: keys with their table ("video.balancer"), or whole tables.
type Locks map[string]bool

// Has tells whether a setting is locked.
func (l Locks) Has(key string) bool {
	if l[key] {
		return true
	}
	table, _, ok := strings.Cut(key, ".")
	return ok && l[table]
}
