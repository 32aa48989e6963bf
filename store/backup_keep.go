package store

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// How many backups stay: the newest of each of so many days and weeks on which
// there is one, and whatever is younger than a day.
const (
	keptDays  = 7
	keptWeeks = 4
	keptFresh = 24 * time.Hour
)

// keptBackups says which backups stay, given when each was made, newest first.
func keptBackups(made []time.Time, now time.Time) []bool {
	kept := make([]bool, len(made))
	days, weeks := map[string]bool{}, map[string]bool{}
	for i, at := range made {
		year, number := at.ISOWeek()
		day, week := at.Format(time.DateOnly), fmt.Sprint(year, number)
		if !days[day] && len(days) < keptDays {
			days[day], kept[i] = true, true
		}
		if !weeks[week] && len(weeks) < keptWeeks {
			weeks[week], kept[i] = true, true
		}
		kept[i] = kept[i] || now.Sub(at) < keptFresh
	}
	return kept
}

// thinOut removes the backups of a folder that are not to stay, and what
// backups that were killed have left.
func thinOut(folder, prefix string, now time.Time) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	type backup struct {
		file string
		made time.Time
	}
	var backups []backup
	for _, entry := range entries {
		file := filepath.Join(folder, entry.Name())
		stamp, ours := strings.CutPrefix(entry.Name(), prefix)
		if !ours || len(stamp) < len(nameTime) {
			continue
		}
		made, err := time.Parse(nameTime, stamp[:len(nameTime)])
		switch {
		case err != nil:
		case strings.Contains(stamp, partialEnding) && now.Sub(made) > keptFresh:
			if err := removeIfThere(file); err != nil {
				return err
			}
		case strings.HasSuffix(stamp, ".db"):
			backups = append(backups, backup{file, made})
		}
	}
	slices.SortStableFunc(backups, func(a, b backup) int { return b.made.Compare(a.made) })
	times := make([]time.Time, len(backups))
	for i, one := range backups {
		times[i] = one.made
	}
	for i, stays := range keptBackups(times, now) {
		if stays {
			continue
		}
		for _, file := range []string{backups[i].file, backups[i].file + manifestEnding} {
			if err := removeIfThere(file); err != nil {
				return err
			}
		}
	}
	return nil
}
