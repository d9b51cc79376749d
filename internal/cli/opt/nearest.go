package opt

// Nearest is the known word that takes the fewest changes of a letter, if they are few.
func Nearest(word string, known []string) (near string) {
	best := 1 + max(1, len(word)/3)
	for _, k := range known {
		if d := distance(word, k); d < best {
			near, best = k, d
		}
	}
	return near
}

// distance counts the letters to insert, drop or change that turn a into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
