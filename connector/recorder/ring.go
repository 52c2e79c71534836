package recorder

// ring keeps the newest of what was added. Its zero value keeps nothing.
type ring[T any] struct {
	kept  []T
	next  int
	limit int
}

func (r *ring[T]) add(v T) {
	if len(r.kept) < r.limit {
		r.kept = append(r.kept, v)
		return
	}
	if r.limit == 0 {
		return
	}
	r.kept[r.next] = v
	r.next = (r.next + 1) % r.limit
}

// list is a copy, oldest first.
func (r *ring[T]) list() []T {
	all := make([]T, 0, len(r.kept))
	all = append(all, r.kept[r.next:]...)
	return append(all, r.kept[:r.next]...)
}

// newest is a copy of up to n, oldest first.
func (r *ring[T]) newest(n int) []T {
	n = min(n, len(r.kept))
	some := make([]T, 0, n)
	for i := len(r.kept) - n; i < len(r.kept); i++ {
		some = append(some, r.kept[(r.next+i)%len(r.kept)])
	}
	return some
}

func (r *ring[T]) clear() { r.kept, r.next = nil, 0 }
