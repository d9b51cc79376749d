package handlers

// declared are the APIs that one component answers. P is the part of the node that they need. The
// file of each API adds it while the program initializes.
type declared[P any] []func(P) API

// add enters an API. The result lets a declaration stand in a variable of its package.
func (d *declared[P]) add(newAPI func(P) API) struct{} {
	*d = append(*d, newAPI)
	return struct{}{}
}

// bind makes the APIs for one node.
func (d declared[P]) bind(part P) []API {
	apis := make([]API, len(d))
	for i, newAPI := range d {
		apis[i] = newAPI(part)
	}
	return apis
}
