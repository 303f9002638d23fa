package deploy

import (
	"fmt"
	"io"
	"time"
	"unicode/utf8"
)

// Table is figures for people: name, number, remark. The zero value is an empty one.
type Table struct{ rows []row }

type row struct{ name, number, remark string }

// Section begins rows of one kind.
func (t *Table) Section(title string) { t.rows = append(t.rows, row{name: title}) }

// Time adds a duration.
func (t *Table) Time(name string, d time.Duration) {
	t.rows = append(t.rows, row{"  " + name, seconds(d), ""})
}

// Bytes adds a size.
func (t *Table) Bytes(name string, bytes int64, remark string) {
	t.rows = append(t.rows, row{"  " + name, mebibytes(bytes), remark})
}

// Text adds any other figure.
func (t *Table) Text(name, number, remark string) {
	t.rows = append(t.rows, row{"  " + name, number, remark})
}

// Print writes the table, numbers below each other.
func (t *Table) Print(w io.Writer) error {
	name, number := 0, 0
	for _, row := range t.rows {
		name, number = max(name, utf8.RuneCountInString(row.name)), max(number, utf8.RuneCountInString(row.number))
	}
	for _, row := range t.rows {
		line := row.name
		if row.number != "" {
			line = fmt.Sprintf("%-*s  %*s", name, row.name, number, row.number)
		}
		if row.remark != "" {
			line += "  " + row.remark
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

func mebibytes(bytes int64) string { return fmt.Sprintf("%.0f MiB", float64(bytes)/(1<<20)) }
