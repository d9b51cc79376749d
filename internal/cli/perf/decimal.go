package perf

import (
	"fmt"
	"math"
)

// decimal prints a number as Java's %.nf.
func decimal(v float64, digits int) string {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 1):
		return "Infinity"
	case math.IsInf(v, -1):
		return "-Infinity"
	}
	return fmt.Sprintf("%.*f", digits, v)
}
